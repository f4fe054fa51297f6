"""One task numbers and sends everything, in a task group of anyio; a POST waits until its turn has come."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import anyio
from fastapi import APIRouter, Depends, FastAPI, WebSocket, status
from pydantic import BaseModel, StrictStr


@dataclass(eq=False)
class Job:
    message: str
    done: anyio.Event = field(default_factory=anyio.Event)
    seq: int = 0
    delivered: int = 0


class Hub:
    def __init__(self) -> None:
        self.members: list[WebSocket] = []
        self.jobs_in, self.jobs_out = anyio.create_memory_object_stream[Job](1000)

    async def tick(self) -> None:
        beat = anyio.current_time()
        while True:
            beat += 5
            await anyio.sleep_until(beat)
            await self.jobs_in.send(Job("tick"))

    async def run(self) -> None:
        seq = 0
        async for job in self.jobs_out:
            seq += 1
            job.seq = seq
            members = self.members[:]
            job.delivered = len(members)
            async with anyio.create_task_group() as sends:
                for member in members:
                    sends.start_soon(self.send, member, {"seq": seq, "message": job.message})
            job.done.set()

    async def send(self, member: WebSocket, notification: dict[str, object]) -> None:
        try:
            await member.send_json(notification)
        except Exception as exception:
            print("Error: could not send, exception", repr(exception))


hub = Hub()


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, Hub]]:
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(hub.tick)
        tasks.start_soon(hub.run)
        yield {"hub": hub}
        tasks.cancel_scope.cancel()


def the_hub() -> Hub:
    return hub


router = APIRouter()


class News(BaseModel):
    message: StrictStr


@router.websocket("/notifications")
async def notifications(websocket: WebSocket) -> None:
    await websocket.accept()
    websocket.state.hub.members.append(websocket)
    while (await websocket.receive())["type"] != "websocket.disconnect":
        continue
    websocket.state.hub.members.remove(websocket)


app = FastAPI(lifespan=lifespan)
app.include_router(router, prefix="/ws")


@app.post("/notify", status_code=status.HTTP_201_CREATED)
async def notify(news: News, hub: Hub = Depends(the_hub)) -> dict[str, int]:
    job = Job(news.message)
    await hub.jobs_in.send(job)
    await job.done.wait()
    return {"seq": job.seq, "delivered": job.delivered}
