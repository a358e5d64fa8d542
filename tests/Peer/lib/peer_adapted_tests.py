"""Own tests for what borg's tests check inside the server process and a proxy can not reach.

Own code, run by `run-peer-suite` (group 'adapted') with lib/borgrepo_peer_plugin.py.
They check the same rules through the wire protocol and the files on disk, and compare the
files with what the installed borg computes from the same segments.
"""
import json
import os
import shutil
import signal
import subprocess
import time
from unittest.mock import patch

import pytest

from borg.hashindex import NSIndex
from borg.helpers import Location, msgpack
from borg.remote import RemoteRepository
from borg.repository import LoggedIO, Repository

import borgrepo_peer_plugin as plugin
from borgrepo_peer_plugin import PeerRepository

ENTRY = 41          # size of a PUT without data and of a DELETE
COMMIT = 9
MAGIC = 8


def H(x):
    return b'%032d' % x


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / 'repository')


@pytest.fixture
def repo(path):
    r = PeerRepository(path, create=True, exclusive=True)
    r.__enter__()
    yield r
    r.close()


def server_args(*args):
    return patch.object(RemoteRepository, 'extra_test_args', list(args))


def hints(path):
    names = [n for n in os.listdir(path) if n.startswith('hints.')]
    assert len(names) == 1
    with open(os.path.join(path, names[0]), 'rb') as fd:
        return msgpack.unpack(fd)


def index(path):
    names = [n for n in os.listdir(path) if n.startswith('index.')]
    assert len(names) == 1
    return dict(NSIndex.read(os.path.join(path, names[0])).iteritems())


def rebuilt(path, tmp_path):
    """index and hints that real borg builds from a copy's segments alone"""
    copy = str(tmp_path / 'copy')
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(path, copy)
    for n in os.listdir(copy):
        if n.startswith(('index.', 'hints.', 'integrity.')):
            os.unlink(os.path.join(copy, n))
        elif n == 'lock.exclusive':
            shutil.rmtree(os.path.join(copy, n))
        elif n == 'lock.roster':
            os.unlink(os.path.join(copy, n))
    with Repository(copy, exclusive=True) as r:
        len(r)
    return index(copy), hints(copy)


# --- compaction bookkeeping (LocalRepositoryTestCase.test_sparse*)

def test_sparse_by_overwrite(repo, path):
    repo.put(H(0), b'foo')
    repo.put(H(1), b'123456789')
    repo.commit(compact=False)
    repo.put(H(1), b'bar')
    repo.commit(compact=False)
    assert hints(path)[b'compact'] == {0: ENTRY + 9, 1: COMMIT, 2: ENTRY, 3: COMMIT}
    assert hints(path)[b'segments'] == {0: 1, 1: 0, 2: 1, 3: 0}
    # borg up to 1.2.4 does not record an overwrite there, later ones (1.4) do
    assert hints(path)[b'shadow_index'] in ({}, {H(1): [0]})


def test_sparse_by_delete(repo, path):
    repo.put(H(0), b'foo')
    repo.put(H(1), b'123456789')
    repo.commit(compact=False)
    repo.delete(H(1))
    repo.commit(compact=False)
    assert hints(path)[b'compact'] == {0: ENTRY + 9, 1: COMMIT, 2: ENTRY, 3: COMMIT}
    assert hints(path)[b'shadow_index'] == {H(1): [0]}


def test_sparse_put_delete_in_one_transaction(repo, path):
    repo.put(H(0), b'1245')
    repo.delete(H(0))
    repo.commit(compact=True)
    assert 0 not in [segment for segment, _ in repo.io.segment_iterator()]
    assert len(repo) == 0


# --- hints and shadow index (RepositoryHintsTestCase, RepositoryCommitTestCase)

def test_hints_are_loaded_by_the_next_transaction(repo, path):
    repo.put(H(0), b'data')
    repo.delete(H(0))
    repo.commit(compact=False)
    before = hints(path)
    repo.close()
    with repo:
        repo.put(H(42), b'foobar')
        repo.commit(compact=False)
    after = hints(path)
    assert after[b'shadow_index'] == before[b'shadow_index'] == {H(0): [0]}
    assert after[b'compact'] == {**before[b'compact'], 3: COMMIT}
    assert after[b'segments'] == {**before[b'segments'], 2: 1, 3: 0}


def test_shadow_index_keeps_an_empty_list_for_an_unstable_delete(repo, path):
    repo.put(H(1), b'1')
    repo.delete(H(1))
    repo.commit(compact=True)
    assert hints(path)[b'shadow_index'] == {H(1): []}


def test_rollback_forgets_shadowed_entries(repo, path):
    repo.put(H(1), b'1')
    repo.delete(H(1))
    repo.commit(compact=True)
    repo.put(H(1), b'1')
    repo.delete(H(1))
    repo.rollback()
    repo.put(H(2), b'1')
    repo.commit(compact=False)
    assert hints(path)[b'shadow_index'] == {H(1): []}


def test_a_delete_outlives_the_compaction_of_its_segment(repo, path):
    """a DELETE must survive as long as the segment with its PUT does (no resurrection on replay)"""
    repo.put(H(1), b'1')
    put_segment = repo.io.get_latest_segment()
    repo.put(H(9), bytes(3000))                 # keeps the segment dense: it stays
    repo.commit(compact=False)
    repo.delete(H(1))
    repo.commit(compact=False)
    delete_segment = repo.io.get_latest_segment() - 1
    repo.put(H(2), b'2')
    repo.commit(compact=True)                   # moves the DELETE
    assert repo.io.segment_exists(put_segment)
    assert not repo.io.segment_exists(delete_segment)
    repo.close()
    for n in os.listdir(path):
        if n.startswith(('index.', 'hints.', 'integrity.')):
            os.unlink(os.path.join(path, n))
    with repo:
        assert H(1) not in repo
        assert len(repo) == 2
        assert repo.check()


def test_index_and_hints_equal_a_rebuild(repo, path, tmp_path):
    for i in range(60):
        repo.put(H(i), b'x' * (i * 7))
    repo.commit(compact=False)
    for i in range(0, 60, 3):
        repo.delete(H(i))
    for i in range(1, 60, 3):
        repo.put(H(i), b'y' * i)
    repo.commit(compact=False)
    idx, _ = rebuilt(path, tmp_path)
    assert index(path) == idx
    repo.put(H(60), b'z')               # commit needs an active transaction
    repo.commit(compact=True, threshold=0.0)
    idx, h = rebuilt(path, tmp_path)
    assert index(path) == idx
    assert {k: v for k, v in hints(path)[b'segments'].items() if v} == {k: v for k, v in h[b'segments'].items() if v}


# --- where BorgRepo heals what borg does not notice (docs/decisions/010-better-than-borg.md)

better = pytest.mark.skipif(plugin.LIKE != 'borgrepo', reason='real borg does not notice this')


@better
def test_a_damaged_key_in_an_index_without_digests_is_noticed(repo, path):
    repo.put(H(0), b'foo')
    repo.commit(compact=False)
    repo.close()
    with open(os.path.join(path, 'index.1'), 'r+b') as fd:
        data = fd.read()
        fd.seek(data.index(H(0)))
        fd.write(bytes([H(0)[0] ^ 1]))
    os.unlink(os.path.join(path, 'integrity.1'))
    with repo:
        assert len(repo) == 1
        assert repo.get(H(0)) == b'foo'
        assert list(repo.list()) == [H(0)]


@better
def test_wrong_use_counts_in_hints_without_digests_are_counted_anew(repo, path):
    repo.put(H(0), b'foo')
    repo.commit(compact=False)
    repo.close()
    with open(os.path.join(path, 'hints.1'), 'r+b') as fd:
        h = msgpack.unpack(fd)
        h[b'segments'][0] = 0
        fd.seek(0)
        msgpack.pack(h, fd)
        fd.truncate()
    os.unlink(os.path.join(path, 'integrity.1'))
    with repo:
        repo.put(H(1), b'bar')
        repo.commit(compact=True, threshold=0.0)
        assert repo.get(H(0)) == b'foo'
        assert repo.get(H(1)) == b'bar'
        assert repo.check()


# --- quota and free space

def test_quota_tracking(repo, path):
    repo.put(H(1), bytes(1234))
    repo.put(H(2), bytes(5678))
    repo.delete(H(1))
    repo.commit(compact=False)
    assert hints(path)[b'storage_quota_use'] == 1234 + 5678 + 2 * ENTRY     # not compacted yet
    repo.close()
    with repo:
        repo.put(H(3), b'')
        repo.delete(H(3))
        repo.commit(compact=True)
    assert hints(path)[b'storage_quota_use'] == 5678 + ENTRY


def test_exceed_quota(repo, path):
    repo.config.set('repository', 'storage_quota', '50')
    repo.put(H(1), b'')
    repo.commit(compact=False)
    with pytest.raises(Repository.StorageQuotaExceeded):
        repo.put(H(2), b'')
    with pytest.raises(Repository.StorageQuotaExceeded):
        repo.commit(compact=False)              # the transaction is doomed
    assert hints(path)[b'storage_quota_use'] == ENTRY
    repo.config.set('repository', 'storage_quota', '100')
    repo.put(H(1), b'')
    repo.commit(compact=True)
    assert hints(path)[b'storage_quota_use'] == ENTRY
    assert list(repo.list()) == [H(1)]


def test_quota_of_the_serve_command(repo, path):
    repo.put(H(0), b'')
    repo.commit(compact=False)
    repo.close()
    with server_args('--storage-quota', '10M'):         # the smallest that real borg accepts here
        with repo:
            repo.put(H(1), bytes(9000000))
            with pytest.raises(Repository.StorageQuotaExceeded):
                repo.put(H(2), bytes(1000000))
            repo.rollback()
    with repo:                                          # no quota: it is not stored by an open
        repo.put(H(1), bytes(11000000))
        repo.commit(compact=False)


def test_quota_is_stored_by_create(path):
    with server_args('--storage-quota', '12M'):
        with PeerRepository(path, create=True, exclusive=True) as r:
            assert r.config.get('repository', 'storage_quota') == '12000000'


# --- locking

def test_replay_needs_the_exclusive_lock(repo, path):
    """two readers hold the shared lock, the index is gone: replaying must upgrade the lock, which fails"""
    repo.put(H(0), b'foo')
    repo.commit(compact=False)
    repo.close()
    with PeerRepository(path, exclusive=False, lock_wait=0) as other:
        with PeerRepository(path, exclusive=False, lock_wait=0) as r:
            for n in os.listdir(path):
                if n.startswith(('index.', 'hints.', 'integrity.')):
                    os.unlink(os.path.join(path, n))
            with pytest.raises(Exception) as exc_info:
                len(r)
            exc = exc_info.value
            name = exc.exception_class if isinstance(exc, RemoteRepository.RPCError) else type(exc).__name__
            assert name in ('LockTimeout', 'LockFailed', 'LockErrorT', 'LockError'), name
    with PeerRepository(path, exclusive=False) as r:
        assert len(r) == 1
    assert any(n.startswith('index.') for n in os.listdir(path))


def lock_error(path, **kw):
    with pytest.raises(RemoteRepository.RPCError) as exc_info:
        with PeerRepository(path, **kw):
            pass
    return exc_info.value.exception_class


def test_exclusive_lock_excludes(repo, path):
    assert lock_error(path, exclusive=True, lock_wait=0) == 'LockTimeout'
    assert lock_error(path, exclusive=False, lock_wait=0) == 'LockTimeout'
    repo.close()
    with PeerRepository(path, exclusive=False, lock_wait=0):
        with PeerRepository(path, exclusive=False, lock_wait=0):
            assert lock_error(path, exclusive=True, lock_wait=0) == 'LockTimeout'
    with PeerRepository(path, exclusive=True, lock_wait=0):
        pass


def test_lock_wait(repo, path):
    start = time.monotonic()
    assert lock_error(path, exclusive=True, lock_wait=2) == 'LockTimeout'
    assert time.monotonic() - start >= 2


def test_lock_files(repo, path):
    """exclusive: directory lock.exclusive with one file HOST.PID-THREAD; the roster is JSON"""
    names = os.listdir(os.path.join(path, 'lock.exclusive'))
    assert len(names) == 1
    host_pid, thread = names[0].rsplit('-', 1)
    host, pid = host_pid.rsplit('.', 1)
    int(thread, 16)
    os.kill(int(pid), 0)
    repo.close()
    assert not os.path.exists(os.path.join(path, 'lock.exclusive'))
    with PeerRepository(path, exclusive=False):
        assert not os.path.exists(os.path.join(path, 'lock.exclusive'))
        with open(os.path.join(path, 'lock.roster')) as fd:
            roster = json.load(fd)
        (entry,) = roster['shared']
        assert entry[1] == int(pid) or os.kill(entry[1], 0) is None


def test_real_borg_respects_the_lock_and_vice_versa(repo, path):
    from borg.locking import LockTimeout
    with pytest.raises(LockTimeout):
        with Repository(path, exclusive=True, lock_wait=0):
            pass
    repo.close()
    with Repository(path, exclusive=True, lock_wait=0):
        assert lock_error(path, exclusive=True, lock_wait=0) == 'LockTimeout'
        assert lock_error(path, exclusive=False, lock_wait=0) == 'LockTimeout'
    with Repository(path, exclusive=False, lock_wait=0):
        with PeerRepository(path, exclusive=False, lock_wait=0):
            pass
        assert lock_error(path, exclusive=True, lock_wait=0) == 'LockTimeout'


def test_a_killed_servers_lock_is_stale(repo, path):
    repo.put(H(0), b'foo')
    repo.commit(compact=False)
    repo.put(H(1), b'uncommitted')
    plugin.kill_servers()
    repo.remote.p.wait()
    try:
        repo.close()
    except Exception:
        pass
    assert os.path.exists(os.path.join(path, 'lock.exclusive'))
    with PeerRepository(path, exclusive=True, lock_wait=5) as r:
        assert len(r) == 1
        assert r.get(H(0)) == b'foo'
        assert r.check()


def test_break_lock(repo, path):
    with PeerRepository(path, lock=False) as r:
        r.break_lock()
    assert not os.path.exists(os.path.join(path, 'lock.exclusive'))
    with PeerRepository(path, exclusive=True, lock_wait=0):
        pass


# --- serve options

def test_restrict_to_path(repo, path):
    from borg.remote import PathNotAllowed
    repo.close()
    with server_args('--restrict-to-path', path):
        with PeerRepository(path, exclusive=True):
            pass
        with pytest.raises(PathNotAllowed):
            with PeerRepository(path + '_0', create=True, exclusive=True):
                pass
    with server_args('--restrict-to-path', os.path.dirname(path)):
        with PeerRepository(path + '_1', create=True, exclusive=True):
            pass
    with server_args('--restrict-to-path', '/nonexistent'):
        with pytest.raises(PathNotAllowed):
            with PeerRepository(path, exclusive=True):
                pass


def test_restrict_to_repository(repo, path):
    from borg.remote import PathNotAllowed
    repo.close()
    with server_args('--restrict-to-repository', path):
        with PeerRepository(path, exclusive=True):
            pass
    with server_args('--restrict-to-repository', os.path.dirname(path)):
        with pytest.raises(PathNotAllowed):
            with PeerRepository(path, exclusive=True):
                pass


def test_serve_append_only(repo, path):
    repo.close()
    with server_args('--append-only'):
        with PeerRepository(path, exclusive=True) as r:
            r.put(H(0), b'foo')
            r.commit(compact=True)
            r.put(H(0), b'bar')
            r.commit(compact=True)
            assert [s for s, _ in r.io.segment_iterator()] == [0, 1, 2, 3]
            with pytest.raises(ValueError):
                r.check(repair=True)
            with pytest.raises(ValueError):
                r.destroy()
    with open(os.path.join(path, 'transactions')) as fd:
        lines = fd.read().splitlines()
    assert [line.split(',')[0] for line in lines] == ['transaction 1', 'transaction 3']
    assert ', UTC time ' in lines[0]


def test_serve_append_only_does_not_make_an_append_only_repository(path):
    with server_args('--append-only'):
        with PeerRepository(path, create=True, exclusive=True) as r:
            assert r.config.get('repository', 'append_only') == '0'
    with PeerRepository(path + '2', create=True, exclusive=True, append_only=True) as r:
        assert r.config.get('repository', 'append_only') == '1'


# --- create, open, wire

def test_create_refuses(repo, path):
    repo.close()
    for p in path, os.path.join(path, 'below'):
        with pytest.raises(Repository.AlreadyExists):
            with PeerRepository(p, create=True, exclusive=True):
                pass
    other = path + '-other'
    os.mkdir(other)
    open(os.path.join(other, 'file'), 'w').close()
    with pytest.raises(Repository.PathAlreadyExists):
        with PeerRepository(other, create=True, exclusive=True):
            pass
    with pytest.raises(Repository.ParentPathDoesNotExist):
        with PeerRepository(path + '-a/b/c', create=True, exclusive=True):
            pass
    with PeerRepository(path + '-a/b/c', create=True, exclusive=True, make_parent_dirs=True):
        pass
    with pytest.raises(Repository.DoesNotExist):
        with PeerRepository(path + '-none', exclusive=True):
            pass


def test_open_refuses(repo, path):
    repo.close()
    config = os.path.join(path, 'config')
    with open(config) as fd:
        good = fd.read()

    def opens_with(text, exception):
        with open(config, 'w') as fd:
            fd.write(text)
        with pytest.raises(exception):
            with PeerRepository(path, exclusive=True, lock_wait=0):
                pass
        assert not os.path.exists(os.path.join(path, 'lock.exclusive'))

    opens_with(good.replace('version = 1', 'version = 2'), Repository.InvalidRepositoryConfig)
    opens_with(good.replace('[repository]', '[other]'), Repository.InvalidRepositoryConfig)
    opens_with(good.replace('max_segment_size = 524288000', 'max_segment_size = 4294967295'),
               Repository.InvalidRepositoryConfig)
    os.unlink(config)
    with pytest.raises(Repository.InvalidRepository):
        with PeerRepository(path, exclusive=True):
            pass


def test_files_of_a_new_repository(repo, path):
    assert sorted(n for n in os.listdir(path) if not n.startswith('lock')) == ['README', 'config', 'data']
    with open(os.path.join(path, 'README')) as fd:
        assert Repository.is_repository(path), fd.read()
    for name, value in dict(version='1', segments_per_dir='1000', max_segment_size='524288000', append_only='0',
                            storage_quota='0', additional_free_space='0').items():
        assert repo.config.get('repository', name) == value
    assert repo.config.get('repository', 'id') == repo.id.hex()
    assert len(repo.id) == 32


def test_segments_per_dir_and_max_segment_size(repo, path):
    repo.config.set('repository', 'segments_per_dir', '4')
    repo.config.set('repository', 'max_segment_size', '500')
    for i in range(40):
        repo.put(H(i), b'x' * 100)
    repo.commit(compact=False)
    # a new segment is begun when the offset is beyond the limit: 8 + 4 * 141 > 500
    assert {int(n) for n in os.listdir(os.path.join(path, 'data'))} == {0, 1, 2}
    assert sorted(os.listdir(os.path.join(path, 'data', '0'))) == ['0', '1', '2', '3']
    assert os.path.getsize(os.path.join(path, 'data', '0', '0')) == MAGIC + 4 * (ENTRY + 100)
    assert os.path.getsize(os.path.join(path, 'data', '2', '10')) == MAGIC + COMMIT


def test_manifest_goes_into_a_new_segment(repo, path):
    repo.put(H(1), b'1')
    repo.put(bytes(32), b'manifest')
    repo.put(H(2), b'2')
    repo.commit(compact=False)
    assert {k: v[0] for k, v in index(path).items()} == {H(1): 0, bytes(32): 1, H(2): 1}


def test_wire_types(repo, path):
    """ids and data are binary, not text, and unknown parameters are ignored"""
    data = bytes(range(256)) * 300
    repo.put(H(0), data)
    repo.put(b'\xff' * 32, b'')
    repo.commit(compact=False)
    assert repo.get(H(0)) == data
    assert repo.get(b'\xff' * 32) == b''
    assert set(repo.list()) == {H(0), b'\xff' * 32}
    assert repo.remote.call('get', {'id': H(0), 'not_a_parameter': 1}) == data
    assert repo.load_key() == b''
    repo.save_key(b'some key\nwith lines')
    assert repo.load_key() == b'some key\nwith lines'


def test_pipelined_requests(repo, path):
    """many requests are in flight; an error in one of them hurts only that one"""
    ids = [H(i) for i in range(300)]
    for i in ids:
        repo.remote.put(i, i * 50, wait=False)
    while repo.remote.async_response(wait=True) is not None:
        pass
    repo.commit(compact=False)
    assert list(repo.remote.get_many(ids)) == [i * 50 for i in ids]
    with pytest.raises(Repository.ObjectNotFound):
        list(repo.remote.get_many([ids[0], H(999), ids[1]]))
    assert repo.get(ids[5]) == ids[5] * 50


def test_check_with_time_limit(repo, path):
    for i in range(10):
        repo.put(H(i), b'x' * 1000)
        repo.commit(compact=False)
    assert repo.check(max_duration=3600)
    assert repo.check()


def test_legacy_tuple_protocol(path):
    """a 1.0 client negotiates with the number 2 and then speaks tuples"""
    p = subprocess.Popen(plugin.SERVE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                         start_new_session=True)
    plugin._procs.append(p)
    unpacker = msgpack.Unpacker()

    def call(msgid, method, *args):
        p.stdin.write(msgpack.packb((1, msgid, method, args)))
        p.stdin.flush()
        while True:
            for msg in unpacker:
                return msg
            data = os.read(p.stdout.fileno(), 65536)
            assert data
            unpacker.feed(data)

    assert tuple(call(1, b'negotiate', 2)) == (1, 1, None, 2)
    _, msgid, error, id = call(2, b'open', path.encode(), True, 1, True)      # 4 arguments: before 1.0.7
    assert msgid == 2 and error is None and len(id) == 32
    assert call(3, b'put', H(1), b'data')[2] is None
    assert call(4, b'commit', False)[2] is None
    assert call(5, b'get', H(1))[3] == b'data'
    assert call(6, b'get', H(2))[2] == b'ObjectNotFound'
    p.stdin.close()
    assert p.wait(timeout=30) == 0
    p.stdout.close()
