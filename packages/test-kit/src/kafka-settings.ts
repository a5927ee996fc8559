/** Settings of a single broker that is its own controller, for tests: one copy of everything, groups that begin at once, quick cleaning. */
export const quickSettings = (at: {
  readonly listeners: string;
  readonly advertised: string;
  readonly controller: string;
}): Readonly<Record<string, string>> => ({
  'process.roles': 'broker,controller',
  'node.id': '1',
  'controller.quorum.voters': `1@${at.controller}`,
  listeners: at.listeners,
  'advertised.listeners': `PLAINTEXT://${at.advertised}`,
  'inter.broker.listener.name': 'PLAINTEXT',
  'controller.listener.names': 'CONTROLLER',
  'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
  'offsets.topic.num.partitions': '1',
  'offsets.topic.replication.factor': '1',
  'transaction.state.log.num.partitions': '1',
  'transaction.state.log.replication.factor': '1',
  'transaction.state.log.min.isr': '1',
  'share.coordinator.state.topic.replication.factor': '1',
  'share.coordinator.state.topic.min.isr': '1',
  // A broker that was killed may come back under its number only when its former session has ended.
  'broker.session.timeout.ms': '2000',
  'broker.heartbeat.interval.ms': '500',
  'group.initial.rebalance.delay.ms': '0',
  'auto.create.topics.enable': 'false',
  'log.initial.task.delay.ms': '500',
  'log.cleaner.backoff.ms': '200',
  'log.retention.check.interval.ms': '500',
});
