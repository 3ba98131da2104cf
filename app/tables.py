"""Every table of Daopai, registered on ``db.Base.metadata`` by importing this module."""

from app.auth import models as auth
from app.campaign import models as campaign
from app.engine import models as engine
from app.forms import models as forms
from app.inbox import models as inbox
from app.modeler import models as modeler

__all__ = ["auth", "campaign", "engine", "forms", "inbox", "modeler"]
