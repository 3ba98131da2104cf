"""The blueprint of signing in, password and second factor: what a person may do before the account is in order."""

from flask import Blueprint

auth = Blueprint("auth", __name__, template_folder="templates")
