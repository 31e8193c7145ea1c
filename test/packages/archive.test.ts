import { randomBytes } from 'node:crypto';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { ARCHIVE_LIMITS, readArchive } from '../../src/packages/archive.ts';
import { type Entry, tarOf, tgzOf } from './archives.ts';

const good: Entry = { path: 'package/package.json', content: '{"name":"x"}' };
const refused = async (bytes: Uint8Array): Promise<string> =>
  readArchive(bytes).then(
    () => 'taken',
    (error: Error) => error.message,
  );

describe('an archive', () => {
  test('gives the JSON files that lie in package/ itself', async () => {
    const files = await readArchive(
      tgzOf([
        { path: 'package', type: 'Directory' },
        good,
        { path: './package/ValueSet-a.json', content: '\uFEFF{"a":"é"}' },
        { path: 'package/.index.json', content: '{}' },
        { path: 'package/example/Patient-p.json', content: '{}' },
        { path: 'package/other/spec.internals', content: Buffer.from([0xff]) },
        { path: 'package/README.md', content: 'x' },
      ]),
    );
    expect(files).toEqual([
      { path: 'package/package.json', text: '{"name":"x"}' },
      { path: 'package/ValueSet-a.json', text: '{"a":"é"}' },
    ]);
  });

  test.each<[string, Entry, string]>([
    ['a path out of it', { path: 'package/../../etc/passwd', content: 'x' }, 'leads out of the package'],
    ['an absolute path', { path: '/etc/passwd', content: 'x' }, 'leads out of the package'],
    ['a path of another system', { path: 'package\\..\\x.json', content: 'x' }, 'leads out of the package'],
    ['a drive', { path: 'C:/x.json', content: 'x' }, 'leads out of the package'],
    ['a symbolic link', { path: 'package/x.json', type: 'SymbolicLink', linkpath: '/etc/passwd' }, 'is a SymbolicLink'],
    ['a hard link', { path: 'package/x.json', type: 'Link', linkpath: 'package/package.json' }, 'is a Link'],
    ['a device', { path: 'package/x.json', type: 'CharacterDevice' }, 'is a CharacterDevice'],
    ['one name twice', { path: './package/package.json', content: '{}' }, 'is in it twice'],
    ['a file in another encoding', { path: 'package/x.json', content: Buffer.from('{"a":"é"}', 'latin1') }, 'is not UTF-8'],
    ['a file in UTF-16', { path: 'package/x.json', content: Buffer.from('\uFEFF{"a":"é"}', 'utf16le') }, 'is not UTF-8'],
  ])('with %s is refused whole', async (_, entry, text) => {
    expect(await refused(tgzOf([good, entry]))).toContain(text);
  });

  test('that is not gzip, or not tar inside, is refused', async () => {
    expect(await refused(Buffer.from('PK\x03\x04'))).toContain('not gzip');
    expect(await refused(new Uint8Array())).toContain('not gzip');
    expect(await refused(gzipSync('{"resourceType":"Patient"}'.repeat(100)))).toContain('no readable tar archive');
  });

  test('that was cut off or damaged is refused, wherever', async () => {
    const whole = tgzOf([good, { path: 'package/ValueSet-a.json', content: JSON.stringify({ a: 'x'.repeat(5000), b: Math.PI }) }]);
    for (let length = 2; length < whole.length - 1; length += 7) expect(await refused(whole.subarray(0, length))).not.toBe('taken');
    const flipped = Buffer.from(whole);
    flipped[whole.length - 20] = (flipped[whole.length - 20] ?? 0) ^ 0xff;
    expect(await refused(flipped)).not.toBe('taken');
    expect(await refused(gzipSync(tarOf([good, { path: 'package/x.json', content: 'x'.repeat(4000) }]).subarray(0, 2500)))).not.toBe('taken');
  });

  test('that unpacks to far more than it is, is refused before it is unpacked', async () => {
    const bomb = tgzOf([good, { path: 'package/x.json', content: Buffer.alloc(60 * 1024 * 1024) }]);
    const before = process.memoryUsage().rss;
    expect(await refused(bomb)).toContain('more than 200 times its size');
    expect(process.memoryUsage().rss - before).toBeLessThan(40 * 1024 * 1024);
  });

  test('with sixty megabytes of nothing behind its end takes no longer than reading them', async () => {
    const padded = gzipSync(Buffer.concat([tarOf([good]), randomBytes(300_000), Buffer.alloc(60 * 1024 * 1024)]));
    const started = performance.now();
    expect(await readArchive(padded)).toHaveLength(1);
    expect(performance.now() - started).toBeLessThan(20_000); // a machine may be busy; unpacked again and again it would take minutes
  });

  test('that holds another packed archive is refused, since its limits would not be counted', async () => {
    expect(await refused(gzipSync(tgzOf([good])))).toContain('packed twice');
    expect(await refused(gzipSync(zstdCompressSync(tarOf([good]))))).toContain('packed twice');
  });

  test('with too many files, too long a file, or too much in all is refused', async () => {
    const limits = { ...ARCHIVE_LIMITS, entries: 3, file: 5000, total: 20_000 };
    const many = Array.from({ length: 4 }, (_, at) => ({ path: `package/x${at}.json`, content: '{}' }));
    await expect(readArchive(tgzOf(many), limits)).rejects.toThrow('more than 3 files');
    await expect(readArchive(tgzOf([{ path: 'package/x.json', content: 'x'.repeat(5001) }]), limits)).rejects.toThrow('longer than');
    await expect(
      readArchive(
        tgzOf([{ path: 'README', content: 'x'.repeat(4999) }, ...Array.from({ length: 4 }, (_, at) => ({ path: `doc/${at}`, content: 'y'.repeat(4999) }))]),
        { ...limits, entries: 30 },
      ),
    ).rejects.toThrow('unpacks to more than');
  });
});
