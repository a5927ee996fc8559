import { useEffect, useState } from 'react';
import { useTexts } from '../texts/context.tsx';

const kept = 'console.theme';
const themes = ['auto', 'light', 'dark'] as const;
type Theme = (typeof themes)[number];

const first = (): Theme => themes.find((theme) => theme === localStorage.getItem(kept)) ?? 'auto';

export const ThemeSwitch = () => {
  const { t } = useTexts();
  const [theme, setTheme] = useState<Theme>(first);
  useEffect(() => {
    document.documentElement.dataset['theme'] = theme;
    localStorage.setItem(kept, theme);
  }, [theme]);
  return (
    <select
      className="quiet"
      aria-label={t.theme.label}
      value={theme}
      onChange={(event) => setTheme(themes.find((one) => one === event.target.value) ?? 'auto')}
    >
      {themes.map((one) => (
        <option key={one} value={one}>
          {t.theme[one]}
        </option>
      ))}
    </select>
  );
};
