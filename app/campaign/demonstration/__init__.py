"""The demonstration: Shashi's campaign with invented people, at any size. Also the simulation's starting point."""

from app.campaign.demonstration.load import BEGIN, DEADLINE, PASSWORD, Loaded, dates, load
from app.campaign.demonstration.welcome import welcome

__all__ = ["BEGIN", "DEADLINE", "PASSWORD", "Loaded", "dates", "load", "welcome"]
