import { useModal } from '../frame/use-modal.ts';
import { useTexts } from '../texts/context.tsx';

export const KeysHelp = ({ close }: { readonly close: () => void }) => {
  const { t } = useTexts();
  const box = useModal();
  return (
    <dialog ref={box} className="help" aria-labelledby="keys-heading" onClose={close}>
      <h2 id="keys-heading">{t.replay.help}</h2>
      <dl>
        {t.replay.keys.map(([keys, what]) => (
          <div key={keys}>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <button type="button" onClick={close}>
        {t.replay.close}
      </button>
    </dialog>
  );
};
