"""Where the browsers of the tests are."""

import os
import shutil


def chromium() -> str | None:
    """The installed Chromium; CHROMIUM names another one."""
    names = (os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if name and (path := shutil.which(name))), None)


def firefox() -> str | None:
    """The installed Firefox; FIREFOX names another one."""
    names = (os.environ.get("FIREFOX"), "firefox-esr", "firefox")
    return next((path for name in names if name and (path := shutil.which(name))), None)
