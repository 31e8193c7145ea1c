import { checkContext } from '../extension-context.ts';
import { checkCompiled } from '../profile/profiles.ts';
import type { Compiled, Profiles } from '../profile/tools.ts';
import { has, hasChoice, objects, text } from '../read.ts';
import type { Rule } from '../rule.ts';
import { shown } from '../shown.ts';
import type { Visit } from '../visit.ts';

/**
 * An extension has a value or extensions of its own, never both (ext-1); outside another extension its url is absolute. One
 * whose definition is known is held against it. One that nobody knows is let through with a warning, unless it changes
 * the meaning of what it stands on. https://hl7.org/fhir/R4/extensibility.html#Extension
 */
export const extension: Rule = ({ element, type, profiles }) => {
  if (type !== 'Extension') return undefined;
  const isPart = element.path === 'Extension.extension';
  const isModifier = element.path.endsWith('.modifierExtension');
  return (value, visit) => {
    if (has(value, 'extension') === hasChoice(value, 'value')) {
      visit.report('extension', 'ext-1: Must have either extensions or value[x], not both. Give the extension exactly one of them.');
    }
    const url = text(value, 'url');
    if (url === undefined || url === '') return;
    if (url.includes(':')) checkDefined(value, { url, isModifier, profiles: profiles() }, visit);
    else if (!isPart) reportRelative(url, visit);
  };
};

function reportRelative(url: string, visit: Visit): void {
  visit.report('extension', `The url of an extension is absolute (https://…), ${shown(url)} is not; only parts of an extension have short urls.`, '.url');
}

interface Use {
  readonly url: string;
  /** Stands under modifierExtension. */
  readonly isModifier: boolean;
  readonly profiles: Profiles;
}

function checkDefined(value: unknown, { url, isModifier, profiles }: Use, visit: Visit): void {
  const compiled = profiles.of(url);
  if (compiled === undefined) {
    reportUnknown(url, isModifier, visit);
    return;
  }
  if (compiled.type !== 'Extension') {
    visit.report('extension', `${shown(url)} is the definition of a ${compiled.type}, not of an extension.`, '.url');
    return;
  }
  const { sources } = profiles.tools;
  if (compiled.fault === undefined) checkModifier(sources.profile(url)?.root.element.isModifier === true, isModifier, visit);
  checkContext(compiled.definition, profiles.tools, visit);
  checkCompiled(compiled, value, visit);
  checkParts(value, compiled, visit);
}

function reportUnknown(url: string, isModifier: boolean, visit: Visit): void {
  if (isModifier) {
    visit.report(
      'extension',
      `The modifierExtension ${shown(url)} is not known here; it may change what the element means, so it cannot be taken in. Load its definition, or leave it out.`,
    );
  } else visit.warn('extension', `The extension ${shown(url)} is not known here, and was not held against a definition.`);
}

/** https://hl7.org/fhir/R4/extensibility.html#modifierExtension */
function checkModifier(changesMeaning: boolean, standsAsModifier: boolean, visit: Visit): void {
  if (changesMeaning && !standsAsModifier)
    visit.report('extension', 'This extension changes the meaning of what it stands on; it belongs under modifierExtension.');
  if (!changesMeaning && standsAsModifier)
    visit.report('extension', 'This extension is none that changes the meaning of what it stands on; it belongs under extension.');
}

/** The parts of an extension are those that its definition names. */
function checkParts(value: unknown, compiled: Compiled, visit: Visit): void {
  const { parts } = compiled;
  if (parts.size === 0) return;
  for (const [index, part] of objects(value, 'extension').entries()) {
    const url = text(part, 'url');
    if (url === undefined || url.includes(':') || parts.has(url)) continue;
    visit.report(
      'extension',
      `${shown(url)} is no part of the extension ${compiled.definition.url}; its parts: ${[...parts].slice(0, 12).join(', ')}.`,
      `.extension[${index}].url`,
    );
  }
}
