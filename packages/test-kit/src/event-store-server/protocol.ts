import gossip from '@eventstore/db-client/generated/gossip_grpc_pb.js';
import gossipMessages from '@eventstore/db-client/generated/gossip_pb.js';
import serverFeatures from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js';
import serverFeaturesMessages from '@eventstore/db-client/generated/serverfeatures_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import status from '@eventstore/db-client/generated/status_pb.js';
import streams from '@eventstore/db-client/generated/streams_grpc_pb.js';
import messages from '@eventstore/db-client/generated/streams_pb.js';

/**
 * The service definitions and messages that ship with `@eventstore/db-client` 6.2.1: protocol v1, which EventStoreDB 23.10 and KurrentDB 25-26
 * serve. Whoever loads them may not load another client of this family in the same process (event-store.md §7).
 */
export const { StreamsService } = streams;
export const { ServerFeaturesService } = serverFeatures;
export const { GossipService } = gossip;
export { gossipMessages, messages, serverFeaturesMessages, shared, status };
