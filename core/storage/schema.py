"""The one MetaData on which every subject's `store` declares its tables.

The tables themselves are made by the migrations; a test compares the two. Nothing is created here.
"""

from sqlalchemy import MetaData

metadata = MetaData()
