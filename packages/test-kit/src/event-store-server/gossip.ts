import { randomUUID } from 'node:crypto';
import type { ClusterInfo } from '@eventstore/db-client/generated/gossip_pb.js';
import type { ServerUnaryCall, sendUnaryData } from '@grpc/grpc-js';
import { gossipMessages, shared } from './protocol.ts';
import type { Serving } from './serve.ts';

const instanceId = randomUUID();

/**
 * `Gossip/Read`: a cluster of one, which leads. A client asks when its address has several hosts or `+discover`, each time it looks for a node,
 * and takes only members that are alive and whose state it knows (the client's `discovery.js`; `Gossip.Read.cs`).
 */
export const gossip =
  (serving: Serving) =>
  (_call: ServerUnaryCall<unknown, ClusterInfo>, send: sendUnaryData<ClusterInfo>): void => {
    const { host, port } = serving.address();
    const member = new gossipMessages.MemberInfo()
      .setInstanceId(new shared.UUID().setString(instanceId))
      // 100 ns ticks since the Unix epoch.
      .setTimeStamp(`${Date.now()}0000`)
      .setState(gossipMessages.MemberInfo.VNodeState.LEADER)
      .setIsAlive(true)
      .setHttpEndPoint(new gossipMessages.EndPoint().setAddress(host).setPort(port));
    send(null, new gossipMessages.ClusterInfo().setMembersList([member]));
  };
