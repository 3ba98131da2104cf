"""What a database belongs to: production or not, and under which data key. Asked at each start, before anything is written."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock, personal
from app.auth.models import Account
from app.campaign.models import Household, Member
from app.config import Config, ConfigError
from app.engine.models import Installation

_WRONG_KEY = "DAOPAI_DATA_KEY 与数据库中的数据不符，请使用原密钥 (the data in this database were encrypted with another key: use that one)"
_PRODUCTION = (
    "这是正式环境的数据库，请设置 DAOPAI_ENV=production；演示和模拟请另用 DAOPAI_HOME 或 DATABASE_URL "
    "(this database is in production: set DAOPAI_ENV=production. For a demonstration or simulation use another DAOPAI_HOME or DATABASE_URL)"
)


def check(session: Session, config: Config) -> None:
    """Refuse (ConfigError) a database of another key, or a production database outside production; note what is so at the first start."""
    key_id = personal.key_id(config.data_key)
    row = session.get(Installation, 1)
    if (row.data_key_id if row else _key_id_in_use(session)) not in {key_id, ""}:
        raise ConfigError(_WRONG_KEY)
    if not config.production and (row.production if row else _is_older_production(session)):
        raise ConfigError(_PRODUCTION)
    if row is None:
        session.add(Installation(id=1, production=config.production, data_key_id=key_id, created_at=clock.real_now()))
    elif config.production:
        row.production = True


def _key_id_in_use(session: Session) -> str:
    """For a database from before there was this row: what its values say; empty while nothing is encrypted."""
    for column in (Member.id_number_cipher, Household.phone_cipher):
        if sample := session.scalar(select(column).where(column != "").limit(1)):
            return personal.key_id_of(sample)
    return ""


def _is_older_production(session: Session) -> bool:
    """For a database from before there was this row: people have accounts, and none of them is a demonstration's."""
    found = set(session.scalars(select(Account.demonstration).distinct()))
    return found == {False}
