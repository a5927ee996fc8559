import type { Finding } from '@dialog/script/types';
import type { Log, ReportingDescriptor, Result } from 'sarif';

export type CheckedFile = {
  /** As the user named it: a path, relative to where the command runs. */
  readonly file: string;
  readonly findings: readonly Finding[];
};

/** Findings as SARIF 2.1.0: what GitHub, GitLab and editors show beside the line. Pure: paths come in, none is looked up. */
export const toSarif = (files: readonly CheckedFile[], version: string): Log => {
  const rules = [...new Set(files.flatMap(({ findings }) => findings.map((finding) => finding.rule)))].sort();
  return {
    version: '2.1.0',
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    runs: [
      {
        tool: {
          driver: {
            name: 'dialogctl script check',
            semanticVersion: version,
            rules: rules.map((id): ReportingDescriptor => ({ id, name: id })),
          },
        },
        columnKind: 'utf16CodeUnits',
        artifacts: files.map(({ file }) => ({ location: { uri: uriOf(file) } })),
        results: files.flatMap(({ file, findings }, index) => findings.map((finding) => resultOf(finding, file, index, rules))),
      },
    ],
  };
};

const resultOf = (finding: Finding, file: string, index: number, rules: readonly string[]): Result => ({
  ruleId: finding.rule,
  ruleIndex: rules.indexOf(finding.rule),
  level: finding.severity,
  message: { text: finding.hint === undefined ? finding.message : `${finding.message}. ${finding.hint}` },
  locations: [
    {
      physicalLocation: {
        artifactLocation: { uri: uriOf(file), index },
        region: { startLine: finding.position.line, startColumn: finding.position.column },
      },
    },
  ],
});

/** A relative path as a URI reference; an absolute one as a file URI. */
const uriOf = (file: string): string => {
  const path = file.replaceAll('\\', '/').split('/').map(encodeURIComponent).join('/');
  return path.startsWith('/') ? `file://${path}` : path;
};
