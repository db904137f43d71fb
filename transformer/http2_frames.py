"""Frames and header fields of HTTP/2, as far as a unary gRPC call needs them (RFC 9113, RFC 7541)."""

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = 0, 1, 3, 4, 6, 7, 8, 9
END_STREAM, ACK, END_HEADERS, PADDED, PRIORITY = 0x1, 0x1, 0x4, 0x8, 0x20
HEADER_TABLE_SIZE, ENABLE_PUSH, INITIAL_WINDOW_SIZE = 1, 2, 4
CANCEL = 8
LARGEST_WINDOW = 2**31 - 1
DEFAULT_WINDOW = 65_535
FRAME_BYTES = 16_384
"""The longest frame that either side sends unless the other allows more; we do not."""
LAST_STREAM = LARGEST_WINDOW


def encode_frame(kind: int, flags: int, stream: int, payload: bytes | memoryview) -> bytes:
    """Encode a frame of a stream; stream 0 is the connection itself."""
    return b"".join((len(payload).to_bytes(3), bytes((kind, flags)), stream.to_bytes(4), payload))


def unpadded(flags: int, payload: bytes) -> bytes:
    """Return a DATA or HEADERS frame's payload without its padding.

    Raises:
        ValueError: There is more padding than frame.
    """
    if not flags & PADDED:
        return payload
    if payload[0] >= len(payload):
        raise ValueError("more padding than frame")
    return payload[1 : len(payload) - payload[0]]


def encode_header(name: bytes, value: bytes) -> bytes:
    """Encode a header that no table holds (RFC 7541, 6.2.2)."""
    return b"\0" + encode_text(name) + encode_text(value)


def encode_text(text: bytes) -> bytes:
    """Encode a text without Huffman's code; ours are shorter than the 127 bytes that need a second length byte."""
    if len(text) < 127:
        return bytes((len(text),)) + text
    length, encoded = len(text) - 127, bytearray(b"\x7f")
    while length >= 128:
        encoded.append(length % 128 + 128)
        length //= 128
    encoded.append(length)
    return bytes(encoded) + text
