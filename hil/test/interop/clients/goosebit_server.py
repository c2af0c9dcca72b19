"""An update server of other people: makes its database, then serves.

Argument: a port of this machine, already free. The database and the files are where the environment says (GOOSEBIT_...).
"""

import asyncio
import pathlib
import sys

import goosebit
import uvicorn
from aerich import Command
from goosebit.db.config import TORTOISE_CONF


async def upgrade():
    migrations = pathlib.Path(goosebit.__file__).parent / "db" / "migrations"
    async with Command(tortoise_config=TORTOISE_CONF, app="models", location=str(migrations)) as command:
        await command.upgrade(run_in_transaction=True)


asyncio.run(upgrade())
# A connection that rests is closed by who opened it: otherwise a question may meet a connection that is being closed.
uvicorn.run(goosebit.app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", timeout_keep_alive=600)
