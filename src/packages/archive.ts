/**
 * The files of a FHIR package: a gzipped tar archive with everything below `package/`. Nothing is written to disk, and what no
 * package has any reason to hold is refused whole: paths that lead out, links, devices, one name twice, and archives that unpack
 * to far more than they promise. https://confluence.hl7.org/display/FHIR/NPM+Package+Specification
 */
import { isUtf8 } from 'node:buffer';
import { createGunzip } from 'node:zlib';
import type { Parser, ReadEntry } from 'tar';
import { FhirError } from '../fhir/outcome.ts';

/** Of what is unpacked. The largest packages that are published (terminology) have some 5000 files and 150 MB. */
export interface ArchiveLimits {
  readonly entries: number;
  /** Bytes of one file. */
  readonly file: number;
  /** Bytes of all. */
  readonly total: number;
  /** How many bytes one byte of the archive may become, where it becomes more than `FREE` in all. JSON comes to about 30. */
  readonly ratio: number;
}

const MB = 1024 * 1024;
export const ARCHIVE_LIMITS: ArchiveLimits = { entries: 20_000, file: 64 * MB, total: 256 * MB, ratio: 200 };
const FREE = MB;

export interface ArchiveFile {
  /** As in the archive: `package/StructureDefinition-x.json`. */
  readonly path: string;
  readonly text: string;
}

/** The JSON files that lie in `package/` itself, not in a folder below. Throws FhirError, saying what is wrong with the archive. */
export async function readArchive(bytes: Uint8Array, limits: ArchiveLimits = ARCHIVE_LIMITS): Promise<readonly ArchiveFile[]> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) throw refusal('It is not gzip; a FHIR package is a .tgz: a tar archive, gzipped.');
  // Loaded with the first package: a start need not wait for it.
  const { Parser } = await import('tar');
  const reading = startReading(Parser, limits);
  const gunzip = createGunzip();
  gunzip.end(bytes);
  let size = 0;
  try {
    for await (const chunk of gunzip as AsyncIterable<Buffer>) {
      size += chunk.length;
      requireSize(size, bytes.length, limits);
      reading.write(chunk);
    }
  } catch (error) {
    gunzip.destroy();
    throw error instanceof FhirError ? error : refusal(`It cannot be unpacked: ${messageOf(error)}. It may have been cut off or damaged on the way.`);
  }
  return reading.end();
}

function requireSize(size: number, packed: number, { total, ratio }: ArchiveLimits): void {
  if (size > total) throw refusal(`It unpacks to more than ${Math.floor(total / MB)} MB, which is the most that is taken.`);
  if (size > FREE && size > packed * ratio) throw refusal(`It unpacks to more than ${ratio} times its size; nothing that is meant to be read does.`);
}

interface Reading {
  write(chunk: Buffer): void;
  end(): readonly ArchiveFile[];
}

function startReading(Archive: typeof Parser, limits: ArchiveLimits): Reading {
  const files: ArchiveFile[] = [];
  const seen = new Set<string>();
  let fault: FhirError | undefined;
  let ended = false;
  const parser = new Archive({ strict: false, onwarn: (_code, message) => keep(refusal(`It is no readable tar archive: ${String(message)}.`)) });
  const keep = (error: FhirError): void => {
    fault ??= error;
  };
  parser.on('entry', (entry: ReadEntry) => {
    const problem = problemOf(entry, seen, limits);
    if (problem !== undefined) keep(refusal(problem));
    seen.add(nameOf(entry));
    if (fault === undefined && isWanted(entry)) collect(entry, (text) => files.push({ path: nameOf(entry), text }), keep);
    else entry.resume();
  });
  parser.on('eof', () => {
    ended = true;
  });
  const checkStart = requireNotPacked();
  const throwFault = (): void => {
    if (fault !== undefined) throw fault;
  };
  return {
    write: (chunk) => {
      // The parser would keep what stands behind the archive's end, and copy all of it with each chunk.
      if (ended) return;
      checkStart(chunk);
      parser.write(chunk);
      throwFault();
    },
    end: () => {
      parser.end();
      throwFault();
      return files;
    },
  };
}

/** gzip and Zstandard: the parser would unpack these by itself, and beyond what is counted here. */
const PACKED = [Buffer.from([0x1f, 0x8b]), Buffer.from([0x28, 0xb5, 0x2f, 0xfd])] as const;

/** Looks at the first bytes, in however small chunks they come. */
function requireNotPacked(): (chunk: Buffer) => void {
  let start = Buffer.alloc(0);
  return (chunk) => {
    if (start.length >= 4) return;
    start = Buffer.concat([start, chunk.subarray(0, 4)]);
    if (PACKED.some((magic) => start.subarray(0, magic.length).equals(magic)))
      throw refusal('It is packed twice; a FHIR package is a tar archive, gzipped once.');
  };
}

const nameOf = ({ path }: ReadEntry): string => path.replace(/^([.]\/)+/, '').replace(/\/$/, '');
const shown = (path: string): string => JSON.stringify(path.slice(0, 200));

const PLAIN: ReadonlySet<string> = new Set(['File', 'OldFile', 'ContiguousFile', 'Directory']);

/** What no package has any reason to hold; undefined where the entry is as it should be. */
function problemOf(entry: ReadEntry, seen: ReadonlySet<string>, limits: ArchiveLimits): string | undefined {
  const name = nameOf(entry);
  if (!PLAIN.has(entry.type)) return `${shown(entry.path)} is a ${entry.type}; a package holds plain files only.`;
  if (leadsOut(entry.path)) return `${shown(entry.path)} leads out of the package.`;
  if (entry.type !== 'Directory' && seen.has(name)) return `${shown(entry.path)} is in it twice.`;
  if (seen.size >= limits.entries) return `It has more than ${limits.entries} files, which is the most that is taken.`;
  if (entry.size > limits.file) return `${shown(entry.path)} is longer than ${Math.floor(limits.file / MB)} MB, which is the most that is taken of one file.`;
  return undefined;
}

const leadsOut = (path: string): boolean =>
  path.startsWith('/') || /^[A-Za-z]:/.test(path) || path.includes('\\') || path.includes('\0') || path.split('/').includes('..');

const isWanted = (entry: ReadEntry): boolean => entry.type !== 'Directory' && /^package\/[^/.][^/]*[.]json$/.test(nameOf(entry));

function collect(entry: ReadEntry, done: (text: string) => void, fail: (error: FhirError) => void): void {
  const chunks: Buffer[] = [];
  entry.on('data', (chunk: Buffer) => chunks.push(chunk));
  entry.on('end', () => {
    const bytes = Buffer.concat(chunks);
    if (isUtf8(bytes)) done(bytes.toString('utf8').replace(/^\uFEFF/, ''));
    else fail(refusal(`${shown(entry.path)} is not UTF-8, which FHIR asks for.`));
  });
}

const refusal = (text: string): FhirError => new FhirError('bad-request', `The package cannot be read. ${text}`);
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
