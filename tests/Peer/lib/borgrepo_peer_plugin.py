"""pytest plugin: point the installed borg's own repository tests at an external server.

Own code; it imports the *installed* borg package and contains none of it.
It is loaded by `run-peer-suite` (python -m pytest -p borgrepo_peer_plugin ...), not by hand.

What it does
  1. Prepares what borg's tests need and a plain `pytest --pyargs borg.testsuite.repository`
     does not get (the package does not ship its conftest): logging is set up, BORG_* is
     removed from the environment, the cache/config/security directories point to a
     temporary place, the key derivation is cheap.
  2. Replaces the command line that borg.remote.RemoteRepository starts for a
     '__testsuite__:' location by the command in BORGREPO_SERVE (arguments that a test
     asks for, such as --restrict-to-path, are appended).
  3. Replaces the name `Repository` in borg.testsuite.repository by PeerRepository, a proxy
     that looks like borg.repository.Repository but does all work through a
     RemoteRepository.  Internals that tests read (io, compact, segments, shadow_index,
     storage_quota_use) are views of the files that the server wrote, read with real
     borg's readers: such a test is then also a cross-implementation check.
  4. Skips, with a reason, what can not be redirected (SKIP below).
  5. Limits each test's time (BORGREPO_PEER_TIMEOUT) and kills servers left running.
  6. Writes the results as JSON to BORGREPO_PEER_RESULT.
"""

import builtins
import configparser
import json
import os
import shlex
import signal
import subprocess
import sys
import time

import pytest

from borg import constants
constants.PBKDF2_ITERATIONS = 1     # before anything star-imports it

import borg.remote                                              # noqa: E402
import borg.repository                                          # noqa: E402
from borg.helpers import Error, IntegrityError, Location        # noqa: E402
from borg.helpers import msgpack                                # noqa: E402
from borg.logger import setup_logging                           # noqa: E402
from borg.remote import RemoteRepository                        # noqa: E402

setup_logging()

RealRepository = borg.repository.Repository
LoggedIO = borg.repository.LoggedIO

SERVE = shlex.split(os.environ.get('BORGREPO_SERVE') or 'borg serve')
TIMEOUT = int(os.environ.get('BORGREPO_PEER_TIMEOUT') or 60)
TESTSUITE_CMD = [sys.executable, '-m', 'borg.archiver', 'serve']

# class name, or 'class.test': why it is not run
IN_MEMORY = 'looks at state inside the server process in the middle of a transaction; see lib/peer_adapted_tests.py'
CLIENT = 'exercises client-side code only'
SKIP = {
    'LocalRepositoryTestCase.test_sparse1': IN_MEMORY,
    'LocalRepositoryTestCase.test_sparse2': IN_MEMORY,
    'LocalRepositoryTestCase.test_sparse_delete': IN_MEMORY,
    'RepositoryCommitTestCase.test_replay_lock_upgrade_old': 'patches Lock.upgrade inside the repository process; see lib/peer_adapted_tests.py',
    'RepositoryCommitTestCase.test_replay_lock_upgrade': 'patches Lock.upgrade inside the repository process; see lib/peer_adapted_tests.py',
    'RepositoryCommitTestCase.test_shadowed_entries_are_preserved': 'edits in-memory compaction data of the server; see lib/peer_adapted_tests.py',
    'RepositoryCommitTestCase.test_shadow_index_rollback': IN_MEMORY,
    'RepositoryFreeSpaceTestCase.test_create_free_space': 'sets an attribute of the repository object inside the server process',
    'QuotaTestCase.test_tracking': IN_MEMORY,
    'QuotaTestCase.test_exceed_quota': IN_MEMORY,
    'RepositoryHintsTestCase.test_hints_persistence': IN_MEMORY,
    'RemoteRepositoryTestCase.test_ssh_cmd': CLIENT,
    'RemoteRepositoryTestCase.test_borg_cmd': CLIENT,
    'RemoteRepositoryCheckTestCase.test_crash_before_compact': "borg's own remote class has an empty body here; RepositoryCheckTestCase runs it",
    'RemoteRepositoryCheckTestCase.test_repair_missing_commit_segment': "borg's own remote class has an empty body here; RepositoryCheckTestCase runs it",
    'RemoteRepositoryCheckTestCase.test_repair_missing_segment': "borg's own remote class has an empty body here; RepositoryCheckTestCase runs it",
    'RemoteLoggerTestCase': CLIENT,
}

LIKE = os.environ.get('BORGREPO_PEER_LIKE')
if LIKE in ('1.4', 'borgrepo'):
    SKIP['RepositoryAuxiliaryCorruptionTestCase.test_subtly_corrupted_hints_without_integrity'] = \
        'borg 1.4 logs a wrong reference count and goes on, 1.2.4 raises AssertionError'
if LIKE == 'borgrepo':
    SKIP['RepositoryAuxiliaryCorruptionTestCase.test_index_corrupted_without_integrity'] = \
        'asserts that a damaged index without digests goes unnoticed; see lib/peer_adapted_tests.py'

# ---------------------------------------------------------------- starting the server

_procs = []


def _peer_popen(cmd, *args, **kw):
    cmd = list(cmd)
    n = len(TESTSUITE_CMD)
    if cmd[:n] == TESTSUITE_CMD:
        cmd = SERVE + cmd[n:]
        kw.setdefault('start_new_session', True)
        p = subprocess.Popen(cmd, *args, **kw)
        _procs.append(p)
        return p
    return subprocess.Popen(cmd, *args, **kw)


borg.remote.Popen = _peer_popen


def kill_servers():
    """kill the servers that are still running; return how many there were"""
    n = 0
    for p in _procs:
        if p.poll() is None:
            n += 1
            try:
                os.killpg(p.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
    return n


# ---------------------------------------------------------------- exceptions

# names of exception classes a server may answer with, and what a local Repository raises
OSERRORS = {n for n, c in vars(builtins).items() if isinstance(c, type) and issubclass(c, OSError)}
OSERRORS |= {'IOException', 'UnauthorizedAccessException', 'FileNotFoundException', 'DirectoryNotFoundException'}
# more of them: BORGREPO_PEER_ALIASES='Name=OSError Other=AssertionError'
ALIASES = dict(pair.split('=', 1) for pair in os.environ.get('BORGREPO_PEER_ALIASES', '').split())


def translate(exc):
    """RPCError -> the exception that a local Repository would have raised (or exc itself)"""
    name = exc.exception_class
    name = ALIASES.get(name, name)
    if name in OSERRORS:
        return OSError(exc.get_message())
    cls = getattr(RealRepository, name, None)
    if isinstance(cls, type) and issubclass(cls, Exception):
        e = cls.__new__(cls)
        Exception.__init__(e, *(exc.unpacked.get(b'exception_args') or ()))
        return e
    cls = getattr(builtins, name, None)
    if isinstance(cls, type) and issubclass(cls, Exception):
        try:
            return cls(exc.get_message())
        except TypeError:
            pass
    return exc


# ---------------------------------------------------------------- the proxy

class PeerConfig:
    """the repository's config file, edited on disk (the server is closed for that)"""

    def __init__(self, repo):
        self.repo = repo

    def _parser(self):
        cp = configparser.ConfigParser(interpolation=None)
        with open(os.path.join(self.repo.path, 'config')) as fd:
            cp.read_file(fd)
        return cp

    def get(self, *args, **kw):
        return self._parser().get(*args, **kw)

    def set(self, section, name, value):
        cp = self._parser()
        cp.set(section, name, value)
        was_open = self.repo.remote is not None
        self.repo.close()
        with open(os.path.join(self.repo.path, 'config'), 'w') as fd:
            cp.write(fd)
        if was_open:
            self.repo.__enter__()


class DiskIO:
    """read-only look at the segment files with real borg's LoggedIO; delete_segment deletes the file"""

    def __init__(self, repo):
        self._repo = repo

    def _io(self):
        cfg = self._repo.config
        return LoggedIO(self._repo.path, int(cfg.get('repository', 'max_segment_size')),
                        int(cfg.get('repository', 'segments_per_dir')))

    def __getattr__(self, name):
        def method(*args, **kw):
            io = self._io()
            try:
                result = getattr(io, name)(*args, **kw)
                if hasattr(result, '__next__'):
                    result = iter(list(result))
                return result
            finally:
                io.close()
        return method


class PeerRepository:
    """What borg.testsuite.repository uses as `Repository`, working through an external server."""

    # the exception classes are reached as attributes of Repository
    for _n, _c in vars(RealRepository).items():
        if isinstance(_c, type) and issubclass(_c, Exception):
            locals()[_n] = _c
    del _n, _c

    compact_segments = write_index = True   # a test may replace them to simulate a crash

    def __init__(self, path, create=False, exclusive=False, lock_wait=None, lock=True, append_only=False,
                 storage_quota=None, check_segment_magic=True, make_parent_dirs=False):
        self.path = os.path.abspath(path)
        self.remote = None
        self._create = create
        self._args = dict(exclusive=exclusive, lock_wait=lock_wait, lock=lock)
        self._append_only = append_only
        self.make_parent_dirs = make_parent_dirs
        self.io = DiskIO(self)
        self.config = PeerConfig(self)

    def _wrap(self, f, *args, **kw):
        try:
            return f(*args, **kw)
        except RemoteRepository.RPCError as exc:
            new = translate(exc)
            if new is exc:
                raise
            raise new from None

    def __enter__(self):
        create, self._create = self._create, False

        def start():
            self.remote = RemoteRepository(Location('__testsuite__:' + self.path), create=create,
                                           append_only=self._append_only, make_parent_dirs=self.make_parent_dirs,
                                           **self._args)
        if self.remote is None:
            self._wrap(start)
        return self

    def __exit__(self, exc_type, exc_val, exc_tb):
        if self.remote is not None and exc_type is not None:
            try:
                self.remote.rollback()
            except Exception:
                pass
        self.close()

    def close(self):
        remote, self.remote = self.remote, None
        if remote is not None:
            remote.close()

    def __del__(self):
        self.close()

    def _reopen(self):
        self.close()
        self.__enter__()

    # --- API

    def _call(self, name, *args, **kw):
        if self.remote is None:
            self.__enter__()
        return self._wrap(getattr(self.remote, name), *args, **kw)

    def put(self, id, data, wait=True):
        return self._call('put', id, data)

    def get(self, id):
        return self._call('get', id)

    def delete(self, id, wait=True):
        return self._call('delete', id)

    def list(self, limit=None, marker=None):
        return self._call('list', limit=limit, marker=marker)

    def scan(self, limit=None, marker=None):
        return self._call('scan', limit=limit, marker=marker)

    def rollback(self):
        return self._call('rollback')

    def destroy(self):
        return self._call('destroy')

    def check(self, repair=False, save_space=False, max_duration=0):
        return self._call('check', repair=repair, save_space=save_space, max_duration=max_duration)

    def save_key(self, keydata):
        return self._call('save_key', keydata)

    def load_key(self):
        return self._call('load_key')

    def get_free_nonce(self):
        return self._call('get_free_nonce')

    def commit_nonce_reservation(self, next_unreserved, start_nonce):
        return self._call('commit_nonce_reservation', next_unreserved, start_nonce)

    def break_lock(self):
        return self._call('break_lock')

    def __len__(self):
        return self._call('__len__')

    def __bool__(self):
        return True     # not len() != 0: tests use `if self.repository` for "is there one"

    def __contains__(self, id):
        try:
            self.get(id)
        except RealRepository.ObjectNotFound:
            return False
        return True

    def commit(self, save_space=False, compact=True, threshold=0.1, cleanup_commits=False):
        if callable(self.compact_segments):
            # patched by a mock: a commit whose compaction does nothing
            if compact:
                self.compact_segments(threshold)
            compact = False
        crash = self.write_index is None or compact and self.compact_segments is None
        if crash:
            # "crash" after the commit entry is on disk and before index and hints are
            before = self._aux_files()
            self._call('commit', compact=False)
            self.close()
            for name in self._aux_files():
                os.unlink(os.path.join(self.path, name))
            for name, data in before.items():
                with open(os.path.join(self.path, name), 'wb') as fd:
                    fd.write(data)
            raise TypeError('simulated crash')
        return self._call('commit', save_space=save_space, compact=compact, threshold=threshold,
                          cleanup_commits=cleanup_commits)

    def _aux_files(self):
        result = {}
        for name in os.listdir(self.path):
            if name.startswith(('index.', 'hints.', 'integrity.')):
                with open(os.path.join(self.path, name), 'rb') as fd:
                    result[name] = fd.read()
        return result

    # --- attributes that tests use

    @property
    def id(self):
        return self.remote.id

    @property
    def append_only(self):
        return self._append_only

    @append_only.setter
    def append_only(self, value):
        self._append_only = value
        was_open = self.remote is not None
        self.config.set('repository', 'append_only', str(int(value)))
        assert (self.remote is not None) == was_open

    def _hints(self):
        names = [n for n in os.listdir(self.path) if n.startswith('hints.') and n[6:].isdigit()]
        if not names:
            return {}
        with open(os.path.join(self.path, max(names, key=lambda n: int(n[6:]))), 'rb') as fd:
            return msgpack.unpack(fd)

    @property
    def compact(self):
        return self._hints().get(b'compact', {})

    @property
    def segments(self):
        return self._hints().get(b'segments', {})

    @property
    def shadow_index(self):
        return self._hints().get(b'shadow_index', {})

    @property
    def storage_quota_use(self):
        return self._hints().get(b'storage_quota_use', 0)


# ---------------------------------------------------------------- pytest hooks

class TestTimeout(BaseException):
    pass


@pytest.fixture(autouse=True)
def borgrepo_environment(tmp_path_factory, monkeypatch):
    for key in list(os.environ):
        if key.startswith('BORG_'):
            monkeypatch.delenv(key)
    base = tmp_path_factory.mktemp('base')
    monkeypatch.setenv('HOME', str(base))
    monkeypatch.setenv('XDG_CONFIG_HOME', str(base / 'config'))
    monkeypatch.setenv('XDG_CACHE_HOME', str(base / 'cache'))
    # an archiver test that changes the working directory must not take the next one along
    monkeypatch.chdir(base)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item, nextitem):
    def on_alarm(signum, frame):
        kill_servers()
        signal.alarm(10)    # in case something catches it
        raise TestTimeout(f'test took longer than {TIMEOUT} s')

    old = signal.signal(signal.SIGALRM, on_alarm)
    signal.alarm(TIMEOUT)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, old)
        time.sleep(0)
        kill_servers()
        for p in _procs:
            p.wait()
        _procs.clear()


def pytest_collection_modifyitems(config, items):
    import borg.testsuite.repository as tests
    if os.environ.get('BORGREPO_PEER_RAW') != '1':
        tests.Repository = PeerRepository
    keep, seen = [], set()
    for item in items:
        cls = item.cls.__name__ if item.cls else item.module.__name__.rsplit('.', 1)[-1]
        if (item.nodeid, cls) in seen:
            continue
        seen.add((item.nodeid, cls))
        reason = SKIP.get(cls) or SKIP.get(f'{cls}.{item.name}')
        if reason and os.environ.get('BORGREPO_PEER_RAW') != '1':
            item.add_marker(pytest.mark.skip(reason=reason))
        keep.append(item)
    items[:] = keep


_results = {}


def pytest_runtest_logreport(report):
    r = _results.setdefault(report.nodeid, {'outcome': 'passed', 'why': '', 'seconds': 0})
    r['seconds'] += report.duration
    if report.failed:
        r['outcome'] = 'failed'
        crash = getattr(report.longrepr, 'reprcrash', None)
        r['why'] = crash.message if crash else str(report.longrepr)
        r['detail'] = report.longreprtext
    elif report.skipped:
        r['outcome'] = 'skipped'
        r['why'] = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)


def pytest_sessionfinish(session, exitstatus):
    path = os.environ.get('BORGREPO_PEER_RESULT')
    if path:
        with open(path, 'w') as fd:
            json.dump(_results, fd, indent=1)
