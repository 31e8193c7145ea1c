/**
 * The one door to regular expressions that come from outside (profiles, value sets, questionnaires): they run in time
 * linear in the text, whatever they are. Look-ahead, look-behind and back-references have no such form and are refused.
 */
import { RE2JS } from 're2js';

export interface Regex {
  /** Whether the whole text fits. */
  matches(text: string): boolean;
  /** Whether any part of the text fits. */
  isIn(text: string): boolean;
  /** The text with every part that fits replaced; `$1` stands for the first group. */
  replaceAll(text: string, replacement: string): string;
}

export interface RegexFlags {
  /** `.` takes line breaks too, as FHIRPath has it. */
  readonly dotAll?: boolean;
  readonly ignoreCase?: boolean;
  /** `^` and `$` stand at the ends of lines. */
  readonly multiline?: boolean;
}

/** Longer patterns are no pattern that a person wrote. */
const MAX_PATTERN = 2000;
const MAX_KEPT = 500;

/** Undefined: refused. Oldest first. */
const kept = new Map<string, Regex | undefined>();

/** Undefined where the pattern is no regular expression, or is one that cannot run in linear time. */
export function regexOf(pattern: string, flags: RegexFlags = {}): Regex | undefined {
  if (pattern.length > MAX_PATTERN) return undefined;
  const bits = bitsOf(flags);
  const key = `${bits} ${pattern}`;
  if (kept.has(key)) return kept.get(key);
  const [oldest] = kept.size >= MAX_KEPT ? kept.keys() : [];
  if (oldest !== undefined) kept.delete(oldest);
  const regex = compile(pattern, bits);
  kept.set(key, regex);
  return regex;
}

const bitsOf = ({ dotAll, ignoreCase, multiline }: RegexFlags): number =>
  (dotAll === true ? RE2JS.DOTALL : 0) | (ignoreCase === true ? RE2JS.CASE_INSENSITIVE : 0) | (multiline === true ? RE2JS.MULTILINE : 0);

function compile(pattern: string, bits: number): Regex | undefined {
  try {
    const compiled = RE2JS.compile(pattern, bits);
    return {
      matches: (text) => compiled.testExact(text),
      isIn: (text) => compiled.test(text),
      replaceAll: (text, replacement) => compiled.matcher(text).replaceAll(replacement),
    };
  } catch {
    return undefined;
  }
}
