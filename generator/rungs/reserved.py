"""Names that a project or package may not take, each because it would hide something else."""

import keyword

from .catalog import Catalog

# Top-level modules of Python 3.11 to 3.13 (a fixed list: a build must not depend on the Python that runs it).
STANDARD_LIBRARY = """
abc aifc antigravity argparse array ast asyncio atexit audioop base64 bdb binascii bisect builtins bz2 calendar cgi
cgitb chunk cmath cmd code codecs codeop collections colorsys compileall concurrent configparser contextlib
contextvars copy copyreg crypt csv ctypes curses dataclasses datetime dbm decimal difflib dis distutils doctest email
encodings ensurepip enum errno faulthandler fcntl filecmp fileinput fnmatch fractions ftplib functools gc genericpath
getopt getpass gettext glob graphlib grp gzip hashlib heapq hmac html http idlelib imaplib imghdr imp importlib
inspect io ipaddress itertools json keyword lib2to3 linecache locale logging lzma mailbox mailcap marshal math
mimetypes mmap modulefinder msilib msvcrt multiprocessing netrc nis nntplib nt ntpath numbers opcode operator
optparse os ossaudiodev pathlib pdb pickle pickletools pipes pkgutil platform plistlib poplib posix posixpath pprint
profile pstats pty pwd pyclbr pydoc queue quopri random re readline reprlib resource rlcompleter runpy sched secrets
select selectors shelve shlex shutil signal site smtpd smtplib sndhdr socket socketserver spwd sqlite3 sre ssl stat
statistics string stringprep struct subprocess sunau symtable sys sysconfig syslog tabnanny tarfile telnetlib tempfile
termios test textwrap this threading time timeit tkinter token tokenize tomllib trace traceback tracemalloc tty turtle
types typing unicodedata unittest urllib uu uuid venv warnings wave weakref webbrowser winreg winsound wsgiref
xdrlib xml xmlrpc zipapp zipfile zipimport zlib zoneinfo
"""

# Packages that a rendered project imports.
LIBRARIES = """
alembic alibi click copier dvc evidently fastapi fairlearn fsspec httpx jinja2 matplotlib mlflow msgspec nbconvert numpy
onnx onnxruntime optuna pandas pandera polars prometheus pydantic pydantic_settings pytest ruff scipy shap skl2onnx
sklearn sqlalchemy starlette uvicorn uvloop yaml
"""

# Folders and files of a rendered project.
FOLDERS = "artifacts data deploy docker docs infra model models notebooks ops src template tests"


def names(catalog: Catalog) -> list[str]:
    """Every refused name, hyphenated and sorted: a package's underscores count as hyphens."""
    taken = {*STANDARD_LIBRARY.split(), *LIBRARIES.split(), *FOLDERS.split(), *keyword.kwlist, *keyword.softkwlist}
    taken |= {component.id for component in catalog.components} | set(catalog.kinds)
    taken |= {value for question in catalog.questions for value in catalog.choices(question)}
    return sorted({name.lower().replace("_", "-") for name in taken if name.strip("_") and name[0].isalpha()})
