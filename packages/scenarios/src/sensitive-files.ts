import { plainPath, type BucketOptions, type DetectionEvent, type Extension } from '@crowdsec-sdk/core/extension';
import { bothEnds } from './both-ends.js';
import { countingScenario, type Counted } from './counting-scenario.js';
import { exceptRule } from './except-rule.js';
import { bucketOf, type ScenarioOptions } from './scenario-options.js';

/** It counts in the process alone: the very request can't be refused by a count that takes a turn to the store. */
export interface SensitiveFilesOptions extends ScenarioOptions, Partial<BucketOptions> {
  /** Refuses the very request. True by default. */
  readonly blocking?: boolean | undefined;
  /**
   * Paths of yours that look like such files and are none, or everything below one (`/wiki/*`); spelling and case do
   * not matter.
   */
  readonly except?: readonly string[] | undefined;
}

/**
 * A probe for a file that nobody should be able to read: `.env`, `.git/config`, keys, dumps and backups. However the
 * path is spelled, one is enough. Nothing below `/.well-known/` is ever one.
 *
 * Mind that a page elsewhere can make the browsers of its readers ask for such a path. If that is a danger to you, set
 * `capacity` to 1 or 2.
 *
 * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` with the path of the wrong option
 */
export function sensitiveFiles(options: SensitiveFilesOptions): Extension {
  const { blocking = true, except = [] } = options;
  const isExcepted = exceptRule(except);
  const counts = (event: DetectionEvent): Counted | undefined => {
    if (event.kind !== 'request') return undefined;
    const path = plainPath(event.path);
    if (!SENSITIVE.test(bothEnds(path))) return undefined;
    if (isExcepted(path) || path.startsWith('/.well-known/')) return undefined;
    return { distinct: path, context: { target_uri: event.path, user_agent: event.userAgent } };
  };
  return countingScenario({
    name: 'sensitive-files',
    behavior: 'http:scan',
    options,
    rules: [
      {
        name: 'probes',
        on: ['request'],
        bucket: bucketOf(options, { capacity: 0, leakspeed: '1m' }),
        filter: ({ path }) => PREFILTER.test(path),
        counts,
        signal: 'decision',
        blocking,
      },
    ],
  });
}

/** What all of them have in some spelling: most requests need no more than this. */
const PREFILTER = /[.%]|id_|[^\0-\x7f]/i;

const COMPRESSED_SUFFIX = '(?:\\.(?:gz|bz2|xz|zst|zip|rar|7z))?';

/** What people and editors leave of a file that they change. */
const BACKUP_EXTENSION = '(?:bak|backup|old|orig|save|sw[nop]|tmp)';

/**
 * Plain paths of files that no application hands out on purpose; what might be a download, or a page that is named
 * after a file, is not among them.
 */
const SENSITIVE = new RegExp(
  [
    // Settings, with what editors and people make of their names; but for examples.
    '/\\.env(?![\\w.-]*[._-](?:example|sample|dist|template)~?$)(?:rc|-[a-z0-9]+|(?:[._][a-z0-9]+)*)~?$',
    `/[\\w.-]+\\.(?:php|inc|ya?ml|json|ini|conf|cfg|xml|py|rb)(?:~|\\.${BACKUP_EXTENSION})$`,
    `/wp-config\\.(?:${BACKUP_EXTENSION}|php\\.txt)$`,
    // At the top alone: below, they are uploads, files of a repository or pages.
    '^/\\.(?:htpasswd|htaccess|netrc|npmrc|pypirc|pgpass|my\\.cnf|s3cfg|dockercfg|git-credentials)$',
    '^/\\.(?:bash|zsh|mysql|psql)_history$',
    '^/(?:web\\.config|terraform\\.tfstate(?:\\.backup)?|sftp-config\\.json|docker-compose[\\w.-]*\\.ya?ml)$',
    // Folders that belong to tools.
    '/\\.(?:git|svn|hg|bzr)(?:/|$)',
    '/\\.(?:aws|azure|ssh|docker|kube|gnupg)/',
    '/\\.vscode/sftp\\.json$',
    '/\\.idea/(?:workspace|datasources)\\.xml$',
    // Keys.
    '/id_(?:rsa|dsa|ecdsa|ed25519)$',
    // Dumps and backups: any dump at the top, those with telling names in folders where they are kept. The end is looked
    // at first: to look for it from each of many telling names would take the square of their number.
    `^/(?:(?:backups?|bak|old|dumps?|sql|db|database|data|te?mp|admin)/)?(?=[\\w.-]+\\.(?:sql|sqlite3?)${COMPRESSED_SUFFIX}$)` +
      '(?:[\\w-]+[._-])?(?:backup|bak|dump|mysqldump|pgdump|database)[._-]',
    `^/[\\w.-]+\\.sql${COMPRESSED_SUFFIX}$`,
    '^/(?:backups?/)?(?=[\\w.-]+\\.(?:zip|rar|7z|tar|tgz|tar\\.(?:gz|bz2|xz))$)' +
      '(?:[\\w-]+[._-])?(?:backups?|bak|wwwroot|www|htdocs|public_html)[._-]',
  ].join('|'),
);
