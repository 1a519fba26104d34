// tests/lib/sqlite.mjs -- a database in memory or in a file, behind SQLite's own command line program.
//
// Is:    ask(sql): run statements, give the rows of the only one that has some.
// Owns:  the process, until the test that started it ends.
// Never: shares code with the server; `zone` is what 'localtime' means, by the C library.
import { spawn } from 'node:child_process';
import { finallyDo } from './server.mjs';

const MARK = '=== done ===';

export class Sqlite {
  constructor(test, zone, file = ':memory:') {
    this.child = spawn('sqlite3', ['-batch', '-bail', '-init', '/dev/null', '-json', file], { env: { ...process.env, TZ: zone } });
    this.waiting = [];
    this.pieces = [];
    this.stderr = '';
    this.child.stdout.setEncoding('utf8').on('data', (text) => this.read(text));
    this.child.stderr.setEncoding('utf8').on('data', (text) => (this.stderr += text));
    this.child.stdin.on('error', () => {});
    this.ended = new Promise((done) => {
      this.child.on('close', done);
      this.child.on('error', (error) => {
        this.stderr += error;
        done();
      });
    });
    this.ended.then(() => {
      this.gone = true;
      for (const { sql, failed } of this.waiting.splice(0)) failed(new Error(`sqlite3: ${this.stderr}\n${sql.slice(0, 4000)}`));
    });
    finallyDo(test, () => {
      this.child.stdin.end();
      return this.ended;
    });
  }

  read(text) {
    this.pieces.push(text);
    if (!text.includes('\n')) return;
    let all = this.pieces.join('');
    for (let end; (end = all.indexOf(`${MARK}\n`)) >= 0; all = all.slice(end + MARK.length + 1)) {
      const found = all.slice(0, end);
      this.waiting.shift().done(found.trim() ? JSON.parse(found) : []);
    }
    this.pieces = [all];
  }

  ask(sql) {
    if (this.gone) return Promise.reject(new Error('sqlite3 has ended'));
    return new Promise((done, failed) => {
      this.waiting.push({ sql, done, failed });
      this.child.stdin.write(`${sql.trim().replace(/;$/, '')};\n.print ${MARK}\n`);
    });
  }
}

/** A text as SQL writes it. */
export function quoted(text) {
  return `'${String(text).replaceAll("'", "''")}'`;
}
