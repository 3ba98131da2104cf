"""The modeler's place in the application."""

from flask import Blueprint

blueprint = Blueprint("modeler", __name__, template_folder="templates", url_prefix="/modeler")
