"""Asks a PKCS#11 token, in a process of its own, because the library of a token may do what it likes to the process that loads it.

Standard input: one JSON object {module, token: {token, serial, manufacturer, model, slot-id}, object, id, pin, data}; `id` is hexadecimal, `data` base64, both may
be null; so may `pin` where nothing has to be signed. Standard output: one JSON object, {publicKey, signature} in base64, or {error, detail}. Nothing is kept.

Names and numbers are those of PKCS#11 2.40 and, for Ed25519, 3.0. A library has to export C_GetFunctionList alone, so functions are taken from its list.
"""

import base64
import ctypes
import json
import sys

# What a library calls an unsigned long; on Windows its structures are packed.
ULONG = ctypes.c_ulong
PACK = 1 if sys.platform == "win32" else 0

CKF_TOKEN_INITIALIZED = 0x400
CKF_SERIAL_SESSION = 4
CKU_USER = 1
CKO_PUBLIC_KEY, CKO_PRIVATE_KEY = 2, 3
CKA_CLASS, CKA_LABEL, CKA_KEY_TYPE, CKA_ID, CKA_EC_POINT = 0, 3, 0x100, 0x102, 0x181
CKK_NAMES = {0: "rsa", 1: "dsa", 2: "dh", 3: "ec", 0x41: "x25519"}
CKK_EC_EDWARDS = 0x40
CKM_EDDSA = 0x1057
KEYS_MOST = 16
OCTETS_32 = b"\x04\x20"

# Places in the list of functions.
FUNCTIONS = {
    "C_Initialize": 0,
    "C_Finalize": 1,
    "C_GetSlotList": 4,
    "C_GetTokenInfo": 6,
    "C_OpenSession": 12,
    "C_Login": 18,
    "C_GetAttributeValue": 24,
    "C_FindObjectsInit": 26,
    "C_FindObjects": 27,
    "C_FindObjectsFinal": 28,
    "C_SignInit": 42,
    "C_Sign": 43,
}

# What a caller can do something about; the others are told by their number.
ERRORS = {
    0x03: "GONE",
    0x05: "FAILED",
    0x30: "GONE",
    0x32: "GONE",
    0x63: "NO_EDDSA",
    0x68: "NOT_PERMITTED",
    0x70: "NO_EDDSA",
    0xA0: "PIN_WRONG",
    0xA1: "PIN_WRONG",
    0xA2: "PIN_WRONG",
    0xA4: "PIN_LOCKED",
    0xB3: "GONE",
    0xE0: "GONE",
    0xE1: "GONE",
    0x101: "PIN_WRONG",
}


class Refused(Exception):
    def __init__(self, error, detail=""):
        super().__init__(error)
        self.error, self.detail = error, detail


class TokenInfo(ctypes.Structure):
    _pack_ = PACK
    _fields_ = [
        ("token", ctypes.c_char * 32),
        ("manufacturer", ctypes.c_char * 32),
        ("model", ctypes.c_char * 16),
        ("serial", ctypes.c_char * 16),
        ("flags", ULONG),
        ("numbers", ULONG * 10),
        ("versions", ctypes.c_ubyte * 4),
        ("time", ctypes.c_char * 16),
    ]


class Attribute(ctypes.Structure):
    _pack_ = PACK
    _fields_ = [("type", ULONG), ("value", ctypes.c_void_p), ("length", ULONG)]


class Mechanism(ctypes.Structure):
    _pack_ = PACK
    _fields_ = [("mechanism", ULONG), ("parameter", ctypes.c_void_p), ("length", ULONG)]


class FunctionList(ctypes.Structure):
    _pack_ = PACK
    _fields_ = [("version", ctypes.c_ubyte * 2), ("functions", ctypes.c_void_p * 68)]


class Library:
    def __init__(self, path):
        try:
            self.library = ctypes.CDLL(path)
            self.list = ctypes.POINTER(FunctionList)()
            answer = self.library.C_GetFunctionList(ctypes.byref(self.list))
        except (OSError, AttributeError) as error:
            raise Refused("NO_LIBRARY", str(error)) from None
        if answer != 0:
            raise Refused("NO_LIBRARY", f"it answers {answer:#x}")

    def call(self, name, *arguments):
        function = ctypes.CFUNCTYPE(ULONG)(self.list.contents.functions[FUNCTIONS[name]])
        answer = function(*arguments)
        if answer != 0:
            raise Refused(ERRORS.get(answer, "FAILED"), f"{name} answers {answer:#x}")

    def tokens(self):
        count = ULONG(0)
        self.call("C_GetSlotList", ctypes.c_ubyte(1), None, ctypes.byref(count))
        slots = (ULONG * max(1, count.value))()
        self.call("C_GetSlotList", ctypes.c_ubyte(1), slots, ctypes.byref(count))
        found = []
        for slot in slots[: count.value]:
            info = TokenInfo()
            try:
                self.call("C_GetTokenInfo", ULONG(slot), ctypes.byref(info))
            except Refused:
                continue
            if info.flags & CKF_TOKEN_INITIALIZED:
                names = ("token", "manufacturer", "model", "serial")
                text = {name: getattr(info, name).decode("utf-8", "replace").rstrip(" \0") for name in names}
                found.append({"slot-id": slot, **text})
        return found


class Session:
    def __init__(self, library, slot, pin):
        self.library = library
        self.handle = ULONG(0)
        library.call("C_OpenSession", ULONG(slot), ULONG(CKF_SERIAL_SESSION), None, None, ctypes.byref(self.handle))
        if pin is not None:
            library.call("C_Login", self.handle, ULONG(CKU_USER), pin, ULONG(len(pin)))

    def keys(self, key_class, label, identifier):
        wanted = [(CKA_CLASS, bytes(ULONG(key_class)))]
        if label is not None:
            wanted.append((CKA_LABEL, label.encode()))
        if identifier is not None:
            wanted.append((CKA_ID, identifier))
        buffers = [ctypes.create_string_buffer(value, len(value)) for _, value in wanted]
        template = (Attribute * len(wanted))(
            *(
                Attribute(kind, ctypes.cast(buffer, ctypes.c_void_p), len(value))
                for (kind, value), buffer in zip(wanted, buffers)
            )
        )
        found, count = (ULONG * KEYS_MOST)(), ULONG(0)
        self.library.call("C_FindObjectsInit", self.handle, template, ULONG(len(wanted)))
        self.library.call("C_FindObjects", self.handle, found, ULONG(KEYS_MOST), ctypes.byref(count))
        self.library.call("C_FindObjectsFinal", self.handle)
        return list(found[: count.value])

    def only(self, key_class, what, label, identifier):
        keys = self.keys(key_class, label, identifier)
        if len(keys) != 1:
            raise Refused("NO_KEY" if not keys else "KEYS", f"{len(keys)} {what}")
        return ULONG(keys[0])

    def attribute(self, key, kind):
        buffer = ctypes.create_string_buffer(4096)
        one = (Attribute * 1)(Attribute(kind, ctypes.cast(buffer, ctypes.c_void_p), len(buffer)))
        self.library.call("C_GetAttributeValue", self.handle, key, one, ULONG(1))
        return buffer.raw[: one[0].length]

    def public_key(self, label, identifier):
        key = self.only(CKO_PUBLIC_KEY, "public keys", label, identifier)
        kind = int.from_bytes(self.attribute(key, CKA_KEY_TYPE), sys.byteorder)
        if kind != CKK_EC_EDWARDS:
            raise Refused("KEY_TYPE", CKK_NAMES.get(kind, f"{kind:#x}"))
        point = self.attribute(key, CKA_EC_POINT)
        raw = point[2:] if point[:2] == OCTETS_32 else point
        if len(raw) != 32:
            raise Refused("KEY_TYPE", "Edwards, of another curve")
        # A label may be of several keys: the private one is the one with the same number.
        return raw, self.attribute(key, CKA_ID)

    def sign(self, label, identifier, data):
        key = self.only(CKO_PRIVATE_KEY, "private keys", label, identifier)
        mechanism = Mechanism(CKM_EDDSA, None, 0)
        self.library.call("C_SignInit", self.handle, ctypes.byref(mechanism), key)
        signature, length = ctypes.create_string_buffer(256), ULONG(256)
        self.library.call("C_Sign", self.handle, data, ULONG(len(data)), signature, ctypes.byref(length))
        return signature.raw[: length.value]


def is_meant(token, wanted):
    return all(
        int(value, 0) == token[name] if name == "slot-id" else value == token[name] for name, value in wanted.items()
    )


def answer(request):
    library = Library(request["module"])
    library.call("C_Initialize", None)
    try:
        tokens = library.tokens()
        meant = [token for token in tokens if is_meant(token, request["token"])]
        if len(meant) != 1:
            listed = ", ".join(f"'{token['token']}' (serial {token['serial']})" for token in meant or tokens)
            raise Refused("NO_TOKEN" if not meant else "TOKENS", listed or "no token")
        pin = None if request["pin"] is None else request["pin"].encode()
        session = Session(library, meant[0]["slot-id"], pin)
        identifier = None if request["id"] is None else bytes.fromhex(request["id"])
        public, number = session.public_key(request["object"], identifier)
        told = {"publicKey": base64.b64encode(public).decode()}
        if request["data"] is not None:
            signature = session.sign(request["object"], number or identifier, base64.b64decode(request["data"]))
            told["signature"] = base64.b64encode(signature).decode()
        return told
    finally:
        library.call("C_Finalize", None)


try:
    print(json.dumps(answer(json.load(sys.stdin))))
except Refused as refused:
    print(json.dumps({"error": refused.error, "detail": refused.detail}))
