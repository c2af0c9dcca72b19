"""One call of the mcumgr-toolkit library, as a command: what it returns is printed.

Usage: toolkit.py udp HOST PORT | serial PATH, then COMMAND [ARGUMENT]
"""

import sys

from mcumgr_toolkit import MCUmgrClient

TIMEOUT_MS = 10_000


def connect(arguments):
    if arguments.pop(0) == "udp":
        return MCUmgrClient.udp(arguments.pop(0), int(arguments.pop(0)), TIMEOUT_MS)
    return MCUmgrClient.serial(arguments.pop(0), timeout_ms=TIMEOUT_MS)


def content(path):
    with open(path, "rb") as file:
        return file.read()


COMMANDS = {
    "echo": lambda client, text: client.os_echo(text),
    "list": lambda client: client.image_get_state(),
    "upload": lambda client, path: client.image_upload(content(path)),
    "test": lambda client, image: client.image_set_state(image, confirm=False),
    "confirm": lambda client: client.image_set_state(confirm=True),
    "reset": lambda client: client.os_system_reset(),
    "firmware_update": lambda client, path: client.firmware_update(content(path)),
    "everything": lambda client: [
        client.check_connection(),
        client.os_task_statistics(),
        client.os_memory_pool_statistics(),
        client.os_mcumgr_parameters(),
        client.os_application_info("a"),
        client.os_bootloader_info(),
        client.image_slot_info(),
        {name: client.stats_get_group_data(name) for name in client.stats_list_groups()},
        client.enum_get_group_details(),
        list(client.enum_iter_group_ids()),
    ],
}


def main():
    arguments = sys.argv[1:]
    client = connect(arguments)
    command = arguments.pop(0)
    print(COMMANDS[command](client, *arguments))


main()
