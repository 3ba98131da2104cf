"""The blueprints of accounts: the files with their pages add routes to them."""

from flask import Blueprint

#: signing in, and what stands between signing in and the pages: first password, second factor
auth = Blueprint("auth", __name__, template_folder="templates")
#: one's own account
account = Blueprint("account", __name__, url_prefix="/account", template_folder="templates")
