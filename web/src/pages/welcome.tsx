import { Button, Code, Empty } from '../components/ui';
import { useApp } from '../hooks/useApp';
import { hrefOf, visit } from '../hooks/useUrl';

/** Nothing has arrived yet: the three ways to begin. */
export function Welcome() {
  const { t } = useApp();
  return (
    <Empty title={t.welcome} testid="welcome">
      <p>{t.welcomeWhat}</p>
      <div className="ways">
        <section>
          <h4>1. {t.waySend}</h4>
          <p>{t.waySendHow}</p>
          <Code text={`curl ${location.origin}/v1/track -u WRITE_KEY: \\\n  -H 'Content-Type: application/json' \\\n  -d '{"userId":"42","event":"Order Completed","properties":{"revenue":990,"currency":"UAH"}}'`} />
          <Button kind="main" onClick={() => visit(hrefOf('/data/sources'))}>{t.makeKey}</Button>
        </section>
        <section>
          <h4>2. {t.wayImport}</h4>
          <p>{t.wayImportHow}</p>
          <Button onClick={() => visit(hrefOf('/data/imports'))}>{t.importFile}</Button>
        </section>
        <section>
          <h4>3. {t.wayDemo}</h4>
          <p>{t.wayDemoHow}</p>
          <Code text="./dev demo" />
        </section>
      </div>
    </Empty>
  );
}
