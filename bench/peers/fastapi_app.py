"""What a team would write first: FastAPI, SQLAlchemy, PostgreSQL.

POST /v1/track checks the write key and the event, stores it under its message id and answers once it is committed.
Run as a script it makes the tables; `uvicorn fastapi_app:app` serves. DATABASE_URL and WRITE_KEY come from the
environment.

It is given every advantage that such a service would take: asyncpg, uvloop and httptools, a pool of connections, one
statement an event, and the write keys kept in memory as Demetra keeps them.
"""

import asyncio
import hashlib
import os
from datetime import datetime
from typing import Any, Dict, Optional

from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPBasic, HTTPBasicCredentials
from pydantic import BaseModel, Field, root_validator
from sqlalchemy import BigInteger, Column, DateTime, ForeignKey, String, func, select
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import declarative_base, sessionmaker

engine = create_async_engine(os.environ["DATABASE_URL"], pool_size=16, max_overflow=0)
Session = sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)
Base = declarative_base()


class Source(Base):
    __tablename__ = "source"
    id = Column(BigInteger, primary_key=True)
    key_hash = Column(String(64), nullable=False, unique=True)


class Event(Base):
    __tablename__ = "event"
    source_id = Column(BigInteger, ForeignKey("source.id"), primary_key=True)
    message_id = Column(String(200), primary_key=True)
    user_id = Column(String(256))
    anonymous_id = Column(String(256))
    name = Column(String(200), nullable=False)
    at = Column(DateTime(timezone=True), nullable=False)
    received_at = Column(DateTime(timezone=True), nullable=False, server_default=func.now())
    body = Column(JSONB, nullable=False)


class Track(BaseModel):
    type: Optional[str]
    messageId: str = Field(min_length=1, max_length=200)
    userId: Optional[str] = Field(max_length=256)
    anonymousId: Optional[str] = Field(max_length=256)
    event: str = Field(min_length=1, max_length=200)
    originalTimestamp: datetime
    properties: Dict[str, Any] = {}
    context: Dict[str, Any] = {}

    @root_validator
    def has_a_person(cls, values):
        if not values.get("userId") and not values.get("anonymousId"):
            raise ValueError("neither userId nor anonymousId")
        return values


app = FastAPI()
basic = HTTPBasic()
sources: Dict[str, int] = {}


def hash_of(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


@app.on_event("startup")
async def load_sources():
    async with Session() as session:
        for source in (await session.execute(select(Source))).scalars():
            sources[source.key_hash] = source.id


async def source_id(credentials: HTTPBasicCredentials = Depends(basic)) -> int:
    found = sources.get(hash_of(credentials.username))
    if found is None:
        raise HTTPException(401, "this write key belongs to no source")
    return found


async def session():
    async with Session() as opened:
        yield opened


@app.post("/v1/track")
async def track(event: Track, source: int = Depends(source_id), db: AsyncSession = Depends(session)):
    row = insert(Event).values(
        source_id=source,
        message_id=event.messageId,
        user_id=event.userId,
        anonymous_id=event.anonymousId,
        name=event.event,
        at=event.originalTimestamp,
        body={"properties": event.properties, "context": event.context},
    )
    result = await db.execute(row.on_conflict_do_nothing())
    await db.commit()
    return {"success": True, "kept": result.rowcount}


@app.get("/count")
async def count(db: AsyncSession = Depends(session)):
    return {"events": (await db.execute(select(func.count()).select_from(Event))).scalar_one()}


async def make_tables():
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with Session() as opened:
        opened.add(Source(id=1, key_hash=hash_of(os.environ["WRITE_KEY"])))
        await opened.commit()
    await engine.dispose()


if __name__ == "__main__":
    asyncio.run(make_tables())
