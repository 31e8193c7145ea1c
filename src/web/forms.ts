/** The forms of the care loop on a patient's page: plain HTML, native controls, the likely answer nearest to the thumb. */
import { type Content, type Html, html } from './html.ts';

export interface FormFacts {
  readonly patientId: string;
  readonly flagId: string;
  /** Version of the work item that the page shows. */
  readonly version: string;
  /** Name last used on this device. */
  readonly actor: string;
  readonly state: string;
  readonly critical: boolean;
  /** Scores from after the alert, newest first. */
  readonly followUps: readonly { readonly id: string; readonly text: string }[];
  /** The form of this alert that was just refused. */
  readonly refused?: { readonly step: string; readonly typed: URLSearchParams };
}

/** What was typed into a form that was refused, to be filled in again; undefined: the form is fresh. */
type Typed = URLSearchParams | undefined;

const typedInto = ({ refused }: FormFacts, step: string): Typed => (refused?.step === step ? refused.typed : undefined);

function form(facts: FormFacts, step: string, content: Content): Html {
  const id = `${facts.flagId}-${step}`;
  return html`<form method="post" action="/patients/${facts.patientId}/alerts/${facts.flagId}/${step}">
<input type="hidden" name="version" value="${facts.version}">
<label for="${id}-actor">Your name</label><input type="text" id="${id}-actor" name="actor" value="${facts.actor}" required autocomplete="name" maxlength="100">${content}</form>`;
}

interface Choice {
  readonly name: string;
  readonly legend: string;
  readonly options: readonly (readonly [value: string, label: string])[];
}

const radios = ({ name, legend, options }: Choice, typed: Typed): Html =>
  html`<fieldset><legend>${legend}</legend>${options.map(([value, label]) => html`<label class="inline"><input type="radio" name="${name}" value="${value}" required${typed?.get(name) === value && html` checked`}>${label}</label>`)}</fieldset>`;

const noteField = (label: string, typed: Typed): Html =>
  html`<label>${label}<textarea name="note" rows="3" maxlength="4000">${typed?.get('note') ?? ''}</textarea></label>`;

const select = ({ name, legend, options }: Choice, typed: Typed): Html =>
  html`<label>${legend}<select name="${name}">${options.map(([value, label]) => html`<option value="${value}"${typed?.get(name) === value && html` selected`}>${label}</option>`)}</select></label>`;

const CONTACT: Choice = {
  name: 'contact',
  legend: 'How was the contact made?',
  options: [
    ['phone', 'By telephone'],
    ['in-person', 'In person'],
  ],
};

const SEVERITY: Choice = {
  name: 'severity',
  legend: 'How severe is it, in your judgement?',
  options: [
    ['none', 'None'],
    ['mild', 'Mild'],
    ['moderate', 'Moderate'],
    ['severe', 'Severe'],
  ],
};

const ACTION: Choice = {
  name: 'action',
  legend: 'What was done?',
  options: [
    ['education', 'Education or advice'],
    ['psychological-support', 'Psychological support'],
    ['medication', 'Advice on medicine'],
    ['referral', 'Referral'],
    ['none', 'Nothing (say why below)'],
  ],
};

const ENDING: Choice = {
  name: 'ending',
  legend: 'Other ending',
  options: [
    ['', 'No: the matter is resolved'],
    ['admitted', 'Admitted to hospital'],
    ['unreachable', 'Could not be reached after every attempt'],
    ['died', 'Died'],
  ],
};

const acknowledgeForm = (facts: FormFacts): Html => form(facts, 'acknowledge', html`<p><button type="submit">I have seen this</button></p>`);

function assessForm(facts: FormFacts): Html {
  const typed = typedInto(facts, 'assess');
  const direct = typed === undefined || typed.get('direct') === 'on';
  return form(
    facts,
    'assess',
    html`${radios(CONTACT, typed)}
<label class="inline"><input type="checkbox" name="direct"${direct && html` checked`}>I spoke with the patient</label>
${radios(SEVERITY, typed)}
${noteField('What you found (optional)', typed)}<p><button type="submit">Record the assessment</button></p>`,
  );
}

function actForm(facts: FormFacts): Html {
  const typed = typedInto(facts, 'act');
  return form(
    facts,
    'act',
    html`${radios(ACTION, typed)}<label>Referred to (for a referral)<input type="text" name="target" value="${typed?.get('target') ?? ''}" maxlength="200"></label>${noteField('Details, or the reason', typed)}<p><button type="submit">Record the action</button></p>`,
  );
}

const monitorForm = (facts: FormFacts): Html => form(facts, 'monitor', html`<p><button type="submit" class="quiet">Keep watching</button></p>`);

/** None is chosen beforehand: the newest score may be of another symptom. */
const followUpChoice = ({ followUps }: FormFacts): Choice => ({
  name: 'followUp',
  legend: 'Follow-up score',
  options: [['', 'None: I give a reason below'], ...followUps.map(({ id, text }) => [id, text] as const)],
});

function closeForm(facts: FormFacts): Html {
  const typed = typedInto(facts, 'close');
  return form(
    facts,
    'close',
    html`${select(followUpChoice(facts), typed)}<label>Reason<textarea name="reason" rows="2" maxlength="4000">${typed?.get('reason') ?? ''}</textarea></label>
${select(ENDING, typed)}
${facts.critical && html`<p class="soft">A critical alert is closed only after somebody spoke with the patient.</p>`}<p><button type="submit">Close this alert</button></p>`,
  );
}

const STEPS = [
  { step: 'acknowledge', title: 'Acknowledge', draw: acknowledgeForm },
  { step: 'assess', title: 'Record an assessment', draw: assessForm },
  { step: 'act', title: 'Record what was done', draw: actForm },
  { step: 'monitor', title: 'Keep watching', draw: monitorForm },
  { step: 'close', title: 'Close the alert', draw: closeForm },
] as const;

/** By state: the step that comes next (its form stands open) and the others that make sense. */
const OFFERED: Readonly<Record<string, readonly [string, ...string[]]>> = {
  raised: ['acknowledge', 'assess', 'close'],
  acknowledged: ['assess', 'close'],
  assessed: ['act', 'assess', 'close'],
  intervened: ['close', 'monitor', 'act', 'assess'],
  monitoring: ['close', 'act', 'assess'],
};

interface Offer {
  /** Something new came in since somebody took note, so taking note comes first. */
  readonly again: boolean;
  /** The next step's form stands open. */
  readonly isOpen: boolean;
}

export function stepForms(facts: FormFacts, { again, isOpen }: Offer): readonly Html[] {
  const offered = OFFERED[facts.state] ?? ['acknowledge', 'assess', 'close'];
  const order = again && offered[0] !== 'acknowledge' ? ['acknowledge', ...offered] : offered;
  return order.flatMap((name, n) =>
    STEPS.filter(({ step }) => step === name).map(
      ({ title, draw }) =>
        html`<details class="card"${((isOpen && n === 0) || facts.refused?.step === name) && html` open`}><summary>${title}</summary>${draw(facts)}</details>`,
    ),
  );
}

/** What was typed for work that stands open no more: it was not recorded, but it is not lost. */
export function typedInVain(typed: URLSearchParams): Content {
  const texts = ['target', 'note', 'reason'].flatMap((name) => typed.get(name)?.trim() || []);
  return texts.length > 0 && html`<section class="card"><h2>What you wrote was not recorded</h2>${texts.map((text) => html`<p>${text}</p>`)}</section>`;
}
