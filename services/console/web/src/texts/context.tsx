import { createContext, type ReactNode, useContext, useEffect, useState } from 'react';
import { en } from './en.ts';
import { ru } from './ru.ts';
import type { Language, Texts } from './texts.ts';

const all: Record<Language, Texts> = { en, ru };
const kept = 'console.language';

const first = (): Language => {
  const chosen = localStorage.getItem(kept);
  if (chosen === 'ru' || chosen === 'en') return chosen;
  return navigator.languages.some((language) => language.startsWith('ru')) ? 'ru' : 'en';
};

type TextsContext = { readonly t: Texts; readonly language: Language; readonly choose: (language: Language) => void };
const Context = createContext<TextsContext>({ t: en, language: 'en', choose: () => undefined });

export const TextsProvider = ({ children }: { readonly children: ReactNode }) => {
  const [language, setLanguage] = useState(first);
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  const choose = (chosen: Language): void => {
    localStorage.setItem(kept, chosen);
    setLanguage(chosen);
  };
  return <Context value={{ t: all[language], language, choose }}>{children}</Context>;
};

export const useTexts = (): TextsContext => useContext(Context);
