"""Ad campaigns as a team would serve them first: FastAPI, SQLAlchemy, PostgreSQL.

`campaigns_app.py FILE` makes the table, loads the CSV of Social_Media_Advertising's format and its indexes;
`uvicorn campaigns_app:app` answers GET /api/analytics/summary from it. DATABASE_URL comes from the environment.

It is given every advantage: types that fit, indexes, ANALYZE, PostgreSQL's parallel plans, asyncpg, uvloop, a pool of
connections, and all figures from one pass over the table.
"""

import asyncio
import csv
import os
import sys
from datetime import date, timedelta

from fastapi import Depends, FastAPI
from sqlalchemy import BigInteger, Column, Date, Float, Index, Integer, Numeric, String, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import declarative_base, sessionmaker

engine = create_async_engine(os.environ["DATABASE_URL"], pool_size=16, max_overflow=0)
Session = sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)
Base = declarative_base()


class Campaign(Base):
    __tablename__ = "campaigns"
    id = Column(Integer, primary_key=True)
    campaign_id = Column(String(64), nullable=False, unique=True)
    target_audience = Column(String(64))
    campaign_goal = Column(String(64))
    duration = Column(Integer)
    channel_used = Column(String(64), nullable=False)
    conversion_rate = Column(Float)
    acquisition_cost = Column(Numeric(14, 2, asdecimal=False))
    roi = Column(Float)
    location = Column(String(64))
    language = Column(String(64))
    clicks = Column(BigInteger)
    impressions = Column(BigInteger)
    engagement_score = Column(Float)
    customer_segment = Column(String(64))
    date = Column(Date)
    company = Column(String(64))


Index("campaigns_of_date", Campaign.date)
Index("campaigns_of_channel", Campaign.channel_used)

app = FastAPI()


async def session():
    async with Session() as opened:
        yield opened


def change(now, before):
    return (now - before) / abs(before) if now is not None and before else None


def of_channel(now, before):
    """The sums of a channel: all its campaigns, those of the last 30 days, those of the 30 before."""
    c = Campaign
    figures = [func.sum(c.roi), func.count(c.roi), func.sum(c.conversion_rate), func.count(c.conversion_rate)]
    figures += [func.sum(c.clicks), func.sum(c.impressions), func.sum(c.acquisition_cost)]
    figures += [func.count(c.acquisition_cost)]
    columns = [c.channel_used, func.count()] + figures
    for window in (now, before):
        columns += [figure.filter(window) for figure in figures]
    return select(*columns).group_by(c.channel_used).order_by(c.channel_used)


def add(rows, first):
    return [sum(row[i] or 0 for row in rows) for i in range(first, first + 8)]


def mean(total, n):
    return float(total) / n if n else None


@app.get("/api/analytics/summary")
async def summary(db: AsyncSession = Depends(session)):
    last = (await db.execute(select(func.max(Campaign.date)))).scalar_one()
    now = Campaign.date > last - timedelta(days=30)
    before = (Campaign.date <= last - timedelta(days=30)) & (Campaign.date > last - timedelta(days=60))
    rows = (await db.execute(of_channel(now, before))).all()
    whole, new, old = add(rows, 2), add(rows, 10), add(rows, 18)
    ranked = sorted(rows, key=lambda row: -mean(row[2], row[3]))
    return {
        "total_campaigns": sum(row[1] for row in rows),
        "total_roi": whole[0],
        "avg_roi": mean(whole[0], whole[1]),
        "avg_conversion_rate": mean(whole[2], whole[3]),
        "total_clicks": int(whole[4]),
        "total_impressions": int(whole[5]),
        "avg_acquisition_cost": mean(whole[6], whole[7]),
        "roi_change": change(mean(new[0], new[1]), mean(old[0], old[1])),
        "conversion_change": change(mean(new[2], new[3]), mean(old[2], old[3])),
        "clicks_change": change(float(new[4]), float(old[4])),
        "cost_change": change(mean(new[6], new[7]), mean(old[6], old[7])),
        "channels": [row[0] for row in rows],
        "top_performing_channel": ranked[0][0],
        "worst_performing_channel": ranked[-1][0],
    }


def row_of(line):
    return {
        "campaign_id": line["Campaign_ID"],
        "target_audience": line["Target_Audience"],
        "campaign_goal": line["Campaign_Goal"],
        "duration": int(line["Duration"].split()[0]),
        "channel_used": line["Channel_Used"],
        "conversion_rate": float(line["Conversion_Rate"]),
        "acquisition_cost": float(line["Acquisition_Cost"].strip("$").replace(",", "")),
        "roi": float(line["ROI"]),
        "location": line["Location"],
        "language": line["Language"],
        "clicks": int(line["Clicks"]),
        "impressions": int(line["Impressions"]),
        "engagement_score": float(line["Engagement_Score"]),
        "customer_segment": line["Customer_Segment"],
        "date": date.fromisoformat(line["Date"]),
        "company": line["Company"],
    }


async def load(path):
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
        with open(path, newline="", encoding="utf-8") as file:
            rows = [row_of(line) for line in csv.DictReader(file)]
        for i in range(0, len(rows), 20000):
            await connection.execute(insert(Campaign), rows[i : i + 20000])
    async with engine.connect() as connection:
        alone = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await alone.execute(text("VACUUM ANALYZE campaigns"))
    await engine.dispose()


if __name__ == "__main__":
    asyncio.run(load(sys.argv[1]))
