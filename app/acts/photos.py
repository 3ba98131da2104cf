"""Photos as they are kept: without what a camera writes beside the picture. Most phones write where it was taken."""

from __future__ import annotations

import io
import warnings
from typing import Any

from PIL import Image, JpegImagePlugin, PngImagePlugin, UnidentifiedImageError, WebPImagePlugin
from PIL.ExifTags import IFD, Base
from PIL.Image import Exif

#: The only formats that are opened; importing their plugins registers them. A JPEG with several pictures is opened as MPO.
_FORMATS = tuple(plugin.format for plugin in (JpegImagePlugin.JpegImageFile, PngImagePlugin.PngImageFile, WebPImagePlugin.WebPImageFile))
#: Of what the camera wrote, this stays: which way up, and when. Everything else goes (place, owner, serial number, thumbnail).
_KEPT = (Base.Orientation, Base.DateTime)
_TAKEN = (Base.DateTimeOriginal, Base.OffsetTimeOriginal)
#: Formats of the content → how Pillow writes them again; "keep" uses the tables that the camera used.
_WRITTEN: dict[str, dict[str, Any]] = {
    "JPEG": {"format": "JPEG", "quality": "keep", "subsampling": "keep"},
    "MPO": {"format": "JPEG", "quality": 92},
    "PNG": {"format": "PNG", "optimize": False},
    "WEBP": {"format": "WEBP", "quality": 92, "method": 2},
}
#: Names in ``Image.info`` under which Pillow puts what stands beside the picture.
_BESIDE = {"exif", "xmp", "XML:com.adobe.xmp", "photoshop", "comment", "Raw profile type exif", "mp"}


#: What Pillow raises over a file that is cut off, damaged, or unpacks to too much.
_UNREADABLE = (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning)


class BrokenPhoto(ValueError):
    """The picture cannot be read to its end."""


def without_place(content: bytes, *, keep_place: bool = False) -> bytes:
    """A JPEG, PNG or WebP file without metadata but its orientation and time; with *keep_place* also where it was taken.

    A file without any stays byte for byte what it was. BrokenPhoto when it cannot be read.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=_FORMATS) as picture:
                picture.load()
                if picture.format != "MPO" and not _BESIDE & set(picture.info) and not picture.getexif():
                    return content
                return _written(picture, keep_place)
    except _UNREADABLE as error:
        raise BrokenPhoto(BrokenPhoto.__doc__) from error


def _written(picture: Image.Image, keep_place: bool) -> bytes:
    exif = _kept(picture.getexif(), keep_place)
    profile = picture.info.get("icc_profile")
    for name in _BESIDE & set(picture.info):
        del picture.info[name]
    made = io.BytesIO()
    picture.save(made, exif=exif, icc_profile=profile, **_WRITTEN[str(picture.format)])
    return made.getvalue()


def _kept(found: Exif, keep_place: bool) -> Exif:
    exif = Exif()
    for tag in _KEPT:
        if tag in found:
            exif[tag] = found[tag]
    taken = {tag: value for tag, value in found.get_ifd(IFD.Exif).items() if tag in _TAKEN}
    if taken:
        exif[IFD.Exif] = taken
    place = found.get_ifd(IFD.GPSInfo) if keep_place else {}
    if place:
        exif[IFD.GPSInfo] = place
    return exif
