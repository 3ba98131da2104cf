"""Every table of Daopai, registered on ``db.Base.metadata`` by importing this module."""

from app.acts import models as inbox
from app.audit import models as audit
from app.auth import models as auth
from app.campaign import models as campaign
from app.engine import chain_models as chains
from app.engine import migration_models as migrations
from app.engine import models as engine
from app.forms import models as forms
from app.modeler import models as modeler

__all__ = ["audit", "auth", "campaign", "chains", "engine", "forms", "inbox", "migrations", "modeler"]
