import { useTexts } from '../texts/context.tsx';
import { type SettingName, settingChoices } from './setting.ts';

/** A value of a setting: chosen where it is a choice, else written. */
export const SettingValue = ({
  name,
  value,
  setValue,
  valid = false,
}: {
  readonly name: SettingName;
  readonly value: string;
  readonly setValue: (value: string) => void;
  /** The form takes nothing else than a value: nobody behind it refuses it. */
  readonly valid?: boolean;
}) => {
  const { t } = useTexts();
  const options = settingChoices[name];
  const isTime = name.endsWith('Ms');
  return (
    <div className="fork-value">
      <span aria-hidden="true">{t.replay.fork.value}</span>
      {options === undefined ? (
        <input
          type="text"
          aria-label={t.replay.fork.value}
          inputMode={isTime ? 'numeric' : 'text'}
          required={valid && isTime}
          pattern={valid && isTime ? '\\s*\\d+\\s*' : undefined}
          value={value}
          onChange={(event) => setValue(event.target.value)}
        />
      ) : (
        <select aria-label={t.replay.fork.value} value={value} onChange={(event) => setValue(event.target.value)}>
          {options.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
      )}
    </div>
  );
};
