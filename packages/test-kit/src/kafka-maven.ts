import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const version = '4.3.1';
const downloadMs = 300_000;
const run = promisify(execFile);

const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>test-kit</groupId><artifactId>kafka</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${version}</version></dependency>
    <!-- The distribution adds logging by hand; the artefact has none. -->
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
`;

/** The folder with Apache Kafka's jars, fetched from Maven Central once (44 MB) and kept in the user's cache. @returns it, or why not */
export const kafkaJars = async (): Promise<string | { readonly reason: string }> => {
  try {
    await run('java', ['-version'], { timeout: 20_000 });
  } catch {
    return { reason: 'no Java here' };
  }
  const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'webim-dialog-engine');
  const jars = join(cache, `kafka-${version}`);
  if (await exists(jars)) return jars;
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, 'download-'));
  try {
    await writeFile(join(folder, 'pom.xml'), pom);
    await run('mvn', ['-q', '-B', 'dependency:copy-dependencies', '-DincludeScope=runtime', '-DoutputDirectory=lib'], {
      cwd: folder,
      timeout: downloadMs,
    });
    // Two tests may have fetched at once; the first to come is kept.
    await rename(join(folder, 'lib'), jars).catch(async (error: unknown) => {
      if (!(await exists(jars))) throw error;
    });
    return jars;
  } catch (error) {
    return { reason: `Maven did not give Apache Kafka (${(error as { code?: unknown }).code === 'ENOENT' ? 'no mvn here' : 'it failed'})` };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
