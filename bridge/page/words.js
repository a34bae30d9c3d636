// The catalogue of one language, and how it writes times. Everything a person reads is in there.

export const LANGUAGES = ["de", "en"];

/** The language to show: the person's choice, the configuration's, the browser's, English. */
export function languageFor(...wishes) {
    const short = wishes.filter(Boolean).map((one) => String(one).slice(0, 2).toLowerCase());
    return short.find((one) => LANGUAGES.includes(one)) ?? "en";
}

const ANSWER_MS = 4000; // a file from this machine; from elsewhere it takes a fraction of that
const AGAIN_MS = 500;

/** Fetch the catalogue of a language, for as long as it takes: without it nothing can be said. */
export async function fetchWords(language) {
    for (;;) {
        try {
            const signal = AbortSignal.timeout(ANSWER_MS);
            const answer = await fetch(`/page/catalogue/${language}.json`, { signal });
            return createWords(language, await answer.json());
        } catch {
            await new Promise((later) => setTimeout(later, AGAIN_MS));
        }
    }
}

/**
 * Return `say(key, values)` with the writers of times beside it.
 * A key with `{count}` may have the forms `key.one` and `key.other`.
 */
export function createWords(language, catalogue) {
    const locale = language === "de" ? "de-DE" : "en-GB";
    const plural = new Intl.PluralRules(locale);
    const clock = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit" });
    const day = new Intl.DateTimeFormat(locale, { weekday: "long", day: "numeric", month: "long" });
    const shortDay = new Intl.DateTimeFormat(locale, {
        weekday: "short", day: "2-digit", month: "2-digit",
    });

    function say(key, values = {}) {
        const form = "count" in values ? `${key}.${plural.select(values.count)}` : key;
        const sentence = catalogue[form] ?? catalogue[key] ?? key;
        return sentence.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
    }
    return {
        language,
        say,
        has: (key) => key in catalogue,
        clock: (ms) => clock.format(ms),
        day: (ms) => day.format(ms),
        shortDay: (ms) => shortDay.format(ms),
        duration,
        spoken: (seconds) => spoken(say, seconds),
    };
}

/** Write seconds as 0:07, 12:34 or 1:02:03. */
export function duration(seconds) {
    const whole = Math.max(0, Math.floor(seconds));
    const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
    const two = (number) => String(number).padStart(2, "0");
    const rest = two(whole % 60);
    return hours ? `${hours}:${two(minutes)}:${rest}` : `${minutes}:${rest}`;
}

function spoken(say, seconds) {
    const minutes = Math.floor(seconds / 60);
    const parts = [say("time.seconds", { count: Math.floor(seconds) % 60 })];
    return (minutes ? [say("time.minutes", { count: minutes }), ...parts] : parts).join(" ");
}
