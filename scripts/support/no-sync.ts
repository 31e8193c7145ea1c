/**
 * Loaded before the server (`node --import`) by trace-sync.ts alone: lets SQLite believe that it syncs while it does
 * not, to show that the trace would notice.
 */
import Database from 'better-sqlite3';

const honest = Database.prototype.pragma;

Database.prototype.pragma = function (this: Database.Database, source: string, options?: Database.PragmaOptions): unknown {
  if (/^synchronous\s*=/i.test(source)) return honest.call(this, 'synchronous = OFF', options);
  if (/^synchronous$/i.test(source.trim())) return options?.simple === true ? 2 : [{ synchronous: 2 }];
  return honest.call(this, source, options);
};
