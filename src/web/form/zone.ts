/** Times of day as clocks at the site show them, and back. */

const MINUTE = 60_000;

/** Minutes that a zone is ahead of UTC at a moment. */
function offsetAt(time: number, timeZone: string): number {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  });
  const parts = new Map(format.formatToParts(time).map(({ type, value }) => [type, Number(value)]));
  const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
  const shown = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'));
  return Math.round((shown - Math.floor(time / MINUTE) * MINUTE) / MINUTE);
}

const twoDigits = (number: number): string => String(number).padStart(2, '0');

/** `2026-11-22T10:30` as clocks there show it, with the zone's offset; undefined for no date. */
export function asInZone(local: string, timeZone: string): string | undefined {
  const seconds = local.length === 16 ? `${local}:00` : local;
  const asUtc = Date.parse(`${seconds}Z`);
  if (Number.isNaN(asUtc)) return undefined;
  // The offset of the moment meant is that at the moment found with the offset near it: two steps suffice around a change of clocks.
  const near = offsetAt(asUtc, timeZone);
  const offset = offsetAt(asUtc - near * MINUTE, timeZone);
  const size = Math.abs(offset);
  return `${seconds}${offset < 0 ? '-' : '+'}${twoDigits(Math.floor(size / 60))}:${twoDigits(size % 60)}`;
}

/** A FHIR dateTime as `2026-11-22T10:30`; one without a time as it is. */
export function localTime(text: string, timeZone: string): string {
  const time = text.includes('T') ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? text : new Date(time + offsetAt(time, timeZone) * MINUTE).toISOString().slice(0, 16);
}

/** A FHIR instant as people at the site say it in their language. */
export function sayMoment(text: string | undefined, timeZone: string, language: string): string {
  const time = Date.parse(text ?? '');
  if (Number.isNaN(time)) return text ?? '';
  return new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : language, { dateStyle: 'full', timeStyle: 'short', timeZone }).format(time);
}
