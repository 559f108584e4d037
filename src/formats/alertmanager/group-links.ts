import type { Link } from '../../notification/notification.ts';
import { safeUrl } from '../../notification/safe-url.ts';
import type { AlertGroup, Labels } from './alert-group.ts';

/** More sources than this are a list nobody clicks through. */
const sourcesMax = 5;
/** Browsers and proxies refuse much longer addresses, in characters. */
const silenceUrlLengthMax = 2000;

/** The page of Alertmanager's own interface that prepares a silence for these labels. */
function silenceUrl(externalUrl: string, labels: Labels): string | undefined {
  const matchers = [...labels].map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  const filter = encodeURIComponent(`{${matchers.join(',')}}`);
  const url = `${externalUrl.replace(/\/$/, '')}/#/silences/new?filter=${filter}`;
  return url.length <= silenceUrlLengthMax ? url : undefined;
}

/** The common labels describe the group best; those it is grouped by are fewer. */
function groupSilenceUrl(group: AlertGroup): string | undefined {
  if (group.status !== 'firing' || !/^https?:\/\//i.test(group.externalUrl)) return undefined;
  for (const labels of [group.commonLabels, group.groupLabels]) {
    const url = labels.size === 0 ? undefined : silenceUrl(group.externalUrl, labels);
    if (url !== undefined) return url;
  }
  return undefined;
}

function sources(group: AlertGroup): Link[] {
  const urls = new Set(
    group.alerts.map((alert) => alert.generatorUrl).filter((url) => safeUrl(url) !== undefined),
  );
  const shown = [...urls].slice(0, sourcesMax);
  return shown.map((url, place) => ({
    label: urls.size === 1 ? 'Source' : `Source ${place + 1}`,
    url,
  }));
}

/** Annotations such as `runbook_url`, by their name in words. */
function annotated(group: AlertGroup): Link[] {
  const [only] = group.alerts;
  const annotations =
    group.alerts.length === 1 && only !== undefined ? only.annotations : group.commonAnnotations;
  return [...annotations]
    .filter(([name, url]) => name.endsWith('_url') && safeUrl(url) !== undefined)
    .map(([name, url]) => {
      const words = name.slice(0, -'_url'.length).replaceAll('_', ' ');
      return { label: words.charAt(0).toUpperCase() + words.slice(1), url };
    });
}

/** Where to look and what to do: the expression that fired, runbook and dashboard, a silence for what fires. */
export function groupLinks(group: AlertGroup): Link[] {
  const silence = groupSilenceUrl(group);
  return [
    ...sources(group),
    ...annotated(group),
    ...(silence === undefined ? [] : [{ label: 'Silence', url: silence }]),
  ];
}
