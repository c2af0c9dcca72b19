"""Reads a target of a TUF repository with TUF's own client, as a device would.

Arguments: address of the repository, file of the root to begin with, folder for what is trusted, name of the target. Prints one JSON object: the target's custom
fields, its length and the SHA-256 of what was loaded; or the class of the error and its message.
"""

import hashlib
import json
import os
import sys

from tuf.ngclient import Updater

address, root, folder, name = sys.argv[1:]
loaded = os.path.join(folder, "loaded")
os.makedirs(loaded, exist_ok=True)
try:
    with open(root, "rb") as file:
        bootstrap = file.read()
    updater = Updater(
        metadata_dir=os.path.join(folder, "metadata"),
        metadata_base_url=f"{address}/metadata/",
        target_dir=loaded,
        target_base_url=f"{address}/targets/",
        bootstrap=bootstrap,
    )
    updater.refresh()
    info = updater.get_targetinfo(name)
    if info is None:
        print(json.dumps({"error": "NoTarget"}))
    else:
        with open(updater.download_target(info), "rb") as file:
            sha256 = hashlib.sha256(file.read()).hexdigest()
        custom = info.unrecognized_fields.get("custom")
        print(json.dumps({"custom": custom, "length": info.length, "sha256": sha256}))
except Exception as error:
    print(json.dumps({"error": type(error).__name__, "message": str(error)}))
