/** The record below the alerts: treatment history, medicines, allergies, referrals, other open work. Never a blank. */
import type { HistoryEntry, MedicineEntry, Timeline } from '../exchange/timeline.ts';
import type { PageDeps } from './deps.ts';
import { type Content, type Html, html } from './html.ts';
import { sourceOf, statusWords } from './standing.ts';
import { KINDS as TASKS } from './task-kinds.ts';

type Category = keyof Timeline['hospitals'][number]['categories'];

/** How the category stands at each hospital, said even where entries follow. */
function standing(deps: PageDeps, { hospitals }: Timeline, category: Category): Html {
  if (hospitals.length === 0) return html`<p class="soft">No hospital is connected.</p>`;
  return html`<ul class="plain soft">${hospitals.map(({ name, categories }) => html`<li>${name}: ${statusWords(deps, categories[category])}</li>`)}</ul>`;
}

const list = (entries: readonly Html[]): Content => entries.length > 0 && html`<ul class="plain">${entries.map((entry) => html`<li>${entry}</li>`)}</ul>`;

const section = (title: string, content: Content): Html => html`<h2>${title}</h2><div class="card">${content}</div>`;

const KINDS: Readonly<Record<HistoryEntry['kind'], string>> = {
  diagnosis: 'Diagnosis',
  procedure: 'Procedure',
  treatment: 'Treatment',
  visit: 'Visit',
  report: 'Report',
  result: 'Result',
  plan: 'Plan',
};

function historyItem(deps: PageDeps, entry: HistoryEntry): Html {
  const { when } = deps;
  const time = entry.start === undefined ? 'date not recorded' : when.sayDay(entry.start);
  return html`<strong>${entry.title}</strong> <span class="soft">${KINDS[entry.kind]}, ${entry.status}</span><br>${time}${entry.detail !== undefined && html`: ${entry.detail}`} <span class="soft">${sourceOf(deps, entry)}</span>`;
}

/** Diagnoses first, since they say what all the rest is about; then the newest. */
function historySection(deps: PageDeps, timeline: Timeline): Html {
  const diagnoses = timeline.history.filter(({ kind }) => kind === 'diagnosis');
  const others = timeline.history.filter(({ kind }) => kind !== 'diagnosis');
  const [recent, older] = [others.slice(0, 8), others.slice(8)];
  const more =
    older.length > 0 && html`<details><summary>${older.length} older entries</summary>${list(older.map((entry) => historyItem(deps, entry)))}</details>`;
  return section(
    'Treatment history',
    html`${standing(deps, timeline, 'history')}${list([...diagnoses, ...recent].map((entry) => historyItem(deps, entry)))}${more}`,
  );
}

/** What is taken now comes first. */
const byActive = (a: MedicineEntry, b: MedicineEntry): number => Number(b.isActive) - Number(a.isActive);

function medicinesSection(deps: PageDeps, timeline: Timeline): Html {
  const items = timeline.medicines
    .toSorted(byActive)
    .map(
      (medicine) =>
        html`<strong>${medicine.title}</strong> <span class="soft">${medicine.status}</span>${medicine.dosage !== undefined && html`<br>${medicine.dosage}`}<br><span class="soft">${medicine.prescribed !== undefined && `prescribed ${deps.when.sayDay(medicine.prescribed)}; `}${sourceOf(deps, medicine)}</span>`,
    );
  return section('Medicines', html`${standing(deps, timeline, 'medicines')}${list(items)}`);
}

function allergiesSection(deps: PageDeps, timeline: Timeline): Html {
  const items = timeline.allergies.map(
    (allergy) =>
      html`<strong>${allergy.title}</strong>${allergy.status !== undefined && allergy.status !== 'active' && ` (${allergy.status})`}${allergy.criticality !== undefined && `, ${allergy.criticality} risk`}${allergy.reactions.length > 0 && `: ${allergy.reactions.join(', ')}`} <span class="soft">${sourceOf(deps, allergy)}</span>`,
  );
  return section('Allergies', html`${standing(deps, timeline, 'allergies')}${list(items)}`);
}

function referralsSection(deps: PageDeps, timeline: Timeline): Html {
  const items = timeline.referrals.map(
    (referral) =>
      html`<strong>${referral.title}</strong>${referral.to !== undefined && html` to ${referral.to}`} <span class="soft">${referral.authored !== undefined && deps.when.sayDay(referral.authored)}; ${referral.task?.status ?? referral.status}</span>`,
  );
  return section('Referrals', items.length === 0 ? html`<p>None recorded.</p>` : list(items));
}

function tasksSection({ when }: PageDeps, { openTasks }: Timeline): Content {
  if (openTasks.length === 0) return undefined;
  const items = openTasks.map(
    ({ kind, description, authored, resource }) =>
      html`<a href="/tasks/${resource.id}">${TASKS[kind] ?? kind}</a>${description !== undefined && html`<br>${description}`}${authored !== undefined && html` <span class="soft">since ${when.say(authored)}</span>`}`,
  );
  return section('Also open', list(items));
}

export function recordSections(deps: PageDeps, timeline: Timeline): Html {
  const cut = timeline.cut.length > 0 && html`<p class="problem">Only the newest entries are shown of: ${timeline.cut.join(', ')}.</p>`;
  return html`${cut}${tasksSection(deps, timeline)}${historySection(deps, timeline)}${medicinesSection(deps, timeline)}${allergiesSection(deps, timeline)}${referralsSection(deps, timeline)}`;
}
