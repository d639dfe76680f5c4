import { chooseDefault, type DefaultChoice, pluginTypes } from '../daemon/index.js';
import { type BackEndVerdict, judgeBackEnds } from './back-ends.js';
import type { DaemonPlugin, DoctorFacts } from './facts.js';
import type { Finding } from './finding.js';
import { findAll } from './findings.js';
import { type ForContainerd, forContainerd } from './for-containerd.js';

/** The facts, the back ends, and the findings with their remedies. */
export interface Diagnosis {
  readonly facts: DoctorFacts;
  readonly backEnds: readonly BackEndVerdict[];
  /** Which snapshotter serves callers that name none: that of the running daemon, or else the one it would choose. */
  readonly defaultSnapshotter: DefaultChoice;
  /** What containerd's configuration has to say about Strata; undefined where containerd's version is not known. */
  readonly forContainerd: ForContainerd | undefined;
  readonly findings: readonly Finding[];
}

function ofDaemon(plugins: readonly DaemonPlugin[]): DefaultChoice | undefined {
  const plugin = plugins.find(({ type }) => type === pluginTypes.default.uri);
  const name = plugin?.exports.get('name');
  return name === undefined ? undefined : { name, reason: plugin?.exports.get('reason') ?? '' };
}

/** Draws the conclusions. Pure. */
export function diagnose(facts: DoctorFacts): Diagnosis {
  const backEnds = judgeBackEnds(facts);
  const expected = chooseDefault({
    configured: facts.settings.snapshotter,
    recorded: undefined,
    holding: facts.holding,
    usable: backEnds.filter(({ usable }) => usable).map(({ name }) => name),
    obstacles: new Map(backEnds.map(({ name, obstacles }) => [name, obstacles.join('; ')])),
  });
  const defaultSnapshotter = ofDaemon(facts.daemon.plugins) ?? expected;
  const conclusions = { backEnds, forContainerd: forContainerd(facts, defaultSnapshotter.name) };
  return { facts, ...conclusions, defaultSnapshotter, findings: findAll(facts, conclusions) };
}
