import type { DeleteReq, DeleteResp, TombstoneReq, TombstoneResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { ServerUnaryCall, sendUnaryData } from '@grpc/grpc-js';
import { expectedOf, nameOf } from './append.ts';
import { invalidArgument, operationTimedOut, streamDeleted, wrongExpectedVersion } from './errors.ts';
import { messages } from './protocol.ts';
import { answering, type Serving, strike } from './serve.ts';

/** `Streams/Delete` (soft) and `Streams/Tombstone` (for ever); a conflict is an error with trailers (`Streams.Delete.cs`). */
export const deletions = (serving: Serving) => ({
  delete: (call: ServerUnaryCall<DeleteReq, DeleteResp>, send: sendUnaryData<DeleteResp>): void =>
    void answering(send, async () => {
      const position = await perform(serving, 'softDelete', call.request.getOptions());
      if (position === undefined) return undefined;
      const place = new messages.DeleteResp.Position();
      place.setCommitPosition(position);
      place.setPreparePosition(position);
      return new messages.DeleteResp().setPosition(place);
    }),
  tombstone: (call: ServerUnaryCall<TombstoneReq, TombstoneResp>, send: sendUnaryData<TombstoneResp>): void =>
    void answering(send, async () => {
      const position = await perform(serving, 'tombstone', call.request.getOptions());
      if (position === undefined) return undefined;
      const place = new messages.TombstoneResp.Position();
      place.setCommitPosition(position);
      place.setPreparePosition(position);
      return new messages.TombstoneResp().setPosition(place);
    }),
});

/** @returns the position of the deletion; undefined where no answer is to be sent */
const perform = async (
  serving: Serving,
  kind: 'softDelete' | 'tombstone',
  options: DeleteReq.Options | TombstoneReq.Options | undefined,
): Promise<string | undefined> => {
  if (options === undefined) throw invalidArgument('no options');
  const stream = nameOf(options);
  const struck = await strike(serving, 'Delete', stream);
  if (struck.kind === 'silence') return undefined;
  if (struck.kind === 'refuse') throw struck.error;
  const expected = expectedOf(options);
  const outcome = serving.store[kind](stream, expected);
  if (struck.after === 'no_answer') return undefined;
  if (struck.after === 'cut') {
    serving.cut();
    return undefined;
  }
  if (struck.after === 'timeout') throw operationTimedOut();
  if (outcome.kind === 'stream_deleted') throw streamDeleted(stream);
  if (outcome.kind === 'wrong_expected_version') {
    throw wrongExpectedVersion('Delete', stream, typeof expected === 'number' ? expected : -1, outcome.actual);
  }
  return String(outcome.position);
};
