/** A file. What was sent is stored beside the answers; the answer points at it. */
import { html } from '../../html.ts';
import { largestFile, sizeWords } from '../hints.ts';
import { faultIn, NOTHING, type Posted, type Reading } from '../posted.ts';
import type { AskedLine, LineControl } from './control.ts';
import { describes, objectIn } from './line.ts';

export const attachment: LineControl = {
  shape: 'line',
  isCompound: true,
  draw: (line) => {
    const { field, id, name, answer } = line;
    const { word } = field.view.speech;
    const { title, url } = objectIn(line);
    const most = largestFile(field.item.fixed.limits);
    const stored =
      answer !== undefined &&
      html`<p class="stored">${word('fileHave', { name: String(title ?? url ?? '') })}</p><input type="hidden" name="${name}+kept" value="1"><label class="choice"><input type="checkbox" name="${name}+drop" value="1"><span>${word('fileRemove')}</span></label>`;
    return html`${stored}<label class="own" for="${id}">${word('file')}<input type="file" id="${id}" name="${name}" accept="${field.item.fixed.limits.mimeTypes.join(',')}" data-most="${most}" data-toobig="${word('badFile', { why: word('tooBig', { size: sizeWords(most) }) })}"${describes(line)}></label>`;
  },
  read: readFile,
};

/** An answer that is kept is put back by who knows it. */
export const isKept = ({ form, files }: Posted, name: string): boolean => form.has(`${name}+kept`) && !form.has(`${name}+drop`) && !files.has(name);

function readFile(posted: Posted, { name, item }: AskedLine): Reading {
  const file = posted.files.get(name);
  if (file === undefined || file.bytes.length === 0) return NOTHING;
  const refused = whyNot(posted, { name, item, size: file.bytes.length, type: file.type });
  if (refused !== undefined) return faultIn(posted, name, posted.speech.word('badFile', { why: refused }));
  const kind = typeOf(file.type);
  return {
    taken: [{ value: { valueAttachment: { contentType: kind, title: file.name || kind, size: file.bytes.length } }, file: { ...file, type: kind } }],
    faults: [],
  };
}

/** As the sender says, where it is a media type at all. */
const typeOf = (type: string): string => (/^[\w.+-]{1,100}\/[\w.+-]{1,100}$/.test(type) ? type : 'application/octet-stream');

function whyNot({ speech }: Posted, { item, size, type }: Pick<AskedLine, 'name' | 'item'> & { size: number; type: string }): string | undefined {
  const most = largestFile(item.fixed.limits);
  if (size > most) return speech.word('tooBig', { size: sizeWords(most) });
  const kinds = item.fixed.limits.mimeTypes;
  const fits = kinds.length === 0 || kinds.some((kind) => kind === type || (kind.endsWith('/*') && type.startsWith(kind.slice(0, -1))));
  return fits ? undefined : speech.word('wrongKind');
}
