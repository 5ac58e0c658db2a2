"""What of the citizens a connection sees: a setting of the connection that the database's policies read.

`EVERY_STATE` of `core/states.py`, or state codes joined by commas. A connection on which nothing was set
sees no citizen at all (migration 0008). The setting is sent once and stays with the connection: the next
transaction of the same operator costs nothing.
"""

from typing import Any

import psycopg
from sqlalchemy import Connection

from core.storage.lane import Lane
from core.storage.statement import Statement

SETTING = "citizen_zero.states"
_KNOWN = "seeing"


def let_see(connection: Connection, seeing: str) -> None:
    """Have a connection, in no transaction yet, see the citizens of these states. Raises psycopg.Error."""
    if connection.info.get(_KNOWN) == seeing:
        return
    driver: Any = connection.connection.driver_connection
    if not isinstance(driver, psycopg.Connection):
        raise TypeError("the database is reached through psycopg")
    connection.info.pop(_KNOWN, None)  # should the statement fail, nothing is known of what the connection sees
    driver.execute("SELECT set_config(%s, %s, false)", [SETTING, seeing])
    driver.commit()  # a rollback of the transaction to come must not take the setting back
    connection.info[_KNOWN] = seeing


def let_lane_see(lane: Lane, seeing: str) -> None:
    """Have a lane see the citizens of these states: the setting stays with it."""
    if lane.seeing != seeing:
        lane.seeing = None  # should the statement fail, nothing is known of what the lane sees
        lane.run([Statement(f"SELECT set_config('{SETTING}', %s, false)", (seeing,))])
        lane.seeing = seeing
