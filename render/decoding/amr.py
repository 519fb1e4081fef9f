"""A decoder for AMR with pauses: telephones send a description of the noise instead of it.

FFmpeg's own decoders lack this comfort noise; those of OpenCORE know it, where FFmpeg has them.
Samples of the two differ slightly, so OpenCORE's are used for recordings with pauses alone.
"""

import av

from render.decoding.deadline import Deadline

# FFmpeg's decoder: OpenCORE's one, and the type of frame that describes noise (3GPP TS 26.101,
# table 1a; TS 26.201, table 1a).
_DECODERS = {"amrnb": ("libopencore_amrnb", 8), "amrwb": ("libopencore_amrwb", 9)}


def decoder(
    container: av.container.InputContainer, stream: av.AudioStream, deadline: Deadline
) -> av.AudioStream | av.AudioCodecContext:
    """Find what decodes the packets of a stream: the stream itself, or OpenCORE's decoder.

    Parameters
    ----------
    container : av.container.InputContainer
        At its beginning.
    stream : av.AudioStream
    deadline : Deadline
    """
    name, noise = _DECODERS.get(stream.codec_context.name, ("", 0))
    if name not in av.codecs_available:
        return stream
    kinds = set()
    for packet in container.demux(stream):
        deadline.check()
        if packet.size:
            kinds.add(bytes(packet)[0] >> 3 & 15)
        if noise in kinds:
            break
    if kinds:
        container.seek(0)
    return av.Codec(name, "r").create("audio") if noise in kinds else stream
