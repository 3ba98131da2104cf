"""The inbox's place in the application."""

from flask import Blueprint

blueprint = Blueprint("inbox", __name__, template_folder="templates")
