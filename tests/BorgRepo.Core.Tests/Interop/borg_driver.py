#!/usr/bin/env python3
"""Drives real borg's repository class for the tests: one JSON request per line on stdin, one JSON answer per line.

Every answer has `log`: whatever borg logged since the last answer at level info or above, and a line
"REPLAY ..." when it replayed segments (borg before 1.4.4 does that without a word). A failed request answers
with `error` (the exception's class name) and `message`; the session stays usable.

Requests (`op`):
  version   which borg this is
  create    path, id, per_dir, max_segment, append_only: a new repository with exactly this config
  open      path, exclusive (true, false, null), wait (seconds, null = for ever), lock (default true), newer (default
            false): opens a session; `newer` records overwritten objects in the shadow index, as borg does since 1.2.7
  close     closes the session; what is not committed stays behind as an uncommitted tail
  batch     steps: ["put", id, hex value], ["delete", id], ["commit"] (without compaction),
            ["commit", threshold] (with), ["rollback"]
  get       id: the value in hex
  list      ids in index order (limit, marker)
  state     transaction id, count, and of each object length and SHA-256
  check     borg's own full check, without repair
  break     breaks the locks of path
"""
import hashlib
import json
import logging
import os
import sys

from borg import __version__
from borg.logger import setup_logging
from borg.repository import Repository

LOG = []


class Collector(logging.Handler):
    def emit(self, record):
        LOG.append('%s %s' % (record.levelname, record.getMessage()))


class WatchedRepository(Repository):
    """Says when it replays, and can keep the shadow index as newer releases do."""

    newer = False

    def replay_segments(self, index_transaction_id, segments_transaction_id):
        LOG.append('REPLAY from %s to %s' % (index_transaction_id, segments_transaction_id))
        return super().replay_segments(index_transaction_id, segments_transaction_id)

    def put(self, id, data, wait=True):
        if self.newer:
            if not self._active_txn:
                self.prepare_txn(self.get_transaction_id())
            if id in self.index:
                segment, _ = self.index[id]
                self.shadow_index.setdefault(id, []).append(segment)
        return super().put(id, data, wait=wait)


class Driver:
    def __init__(self):
        self.repository = None

    def do_version(self):
        return {'version': __version__, 'pid': os.getpid()}

    def do_create(self, path, id, per_dir, max_segment, append_only=False):
        with Repository(path, create=True, exclusive=True):
            pass
        with open(os.path.join(path, 'config'), 'w') as config:
            config.write('[repository]\nversion = 1\nsegments_per_dir = %d\nmax_segment_size = %d\nappend_only = %d\n'
                         'storage_quota = 0\nadditional_free_space = 0\nid = %s\n\n'
                         % (per_dir, max_segment, append_only, id))

    def do_open(self, path, exclusive=True, wait=1, lock=True, newer=False):
        repository = WatchedRepository(path, exclusive=exclusive, lock_wait=wait, lock=lock)
        repository.newer = newer
        try:
            repository.__enter__()
        except BaseException:
            repository.close()
            raise
        self.repository = repository

    def do_close(self):
        self.repository.close()
        self.repository = None

    def do_batch(self, steps):
        for name, *arguments in steps:
            if name == 'put':
                self.repository.put(bytes.fromhex(arguments[0]), bytes.fromhex(arguments[1]))
            elif name == 'delete':
                self.repository.delete(bytes.fromhex(arguments[0]))
            elif name == 'commit':
                if arguments:
                    self.repository.commit(compact=True, threshold=arguments[0])
                else:
                    self.repository.commit(compact=False)
            elif name == 'rollback':
                self.repository.rollback()
            else:
                raise ValueError(name)

    def do_get(self, id):
        return {'value': self.repository.get(bytes.fromhex(id)).hex()}

    def do_list(self, limit=None, marker=None):
        return {'ids': [id.hex() for id in self.repository.list(limit, marker and bytes.fromhex(marker))]}

    def do_state(self):
        objects = {}
        for id in self.repository.list():
            value = self.repository.get(id)
            objects[id.hex()] = [len(value), hashlib.sha256(value).hexdigest()]
        return {'count': len(self.repository), 'objects': objects,
                'transaction': self.repository.get_transaction_id()}

    def do_check(self):
        return {'result': self.repository.check(repair=False)}

    def do_break(self, path):
        repository = Repository(path, lock=False)
        with repository:
            repository.break_lock()


def main():
    setup_logging(level='info')
    root = logging.getLogger()
    root.handlers[:] = [Collector(logging.INFO)]
    root.setLevel(logging.INFO)
    # A repository whose opening failed complains when it is collected; that is no part of any answer.
    sys.unraisablehook = lambda info: None
    driver = Driver()
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = getattr(driver, 'do_' + request.pop('op'))(**request) or {}
        except Exception as error:
            answer = {'error': type(error).__name__, 'message': str(error)}
        answer['log'] = list(LOG)
        LOG.clear()
        print(json.dumps(answer), flush=True)


if __name__ == '__main__':
    main()
