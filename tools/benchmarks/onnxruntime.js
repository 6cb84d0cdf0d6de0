// SPDX-License-Identifier: GPL-3.0-or-later
// Times ONNX models with onnxruntime-node on one thread: node onnxruntime.js PACKAGE CALLS MODEL:BATCH:LENGTH...
// Prints a JSON object: microseconds of each call. All models take turns, and each timed call follows an untimed
// one.
"use strict";
const [, , place, calls, ...models] = process.argv;
const runtime = require(place);

async function main()
{
    const cases = [];
    for (const text of models) {
        const [path, batch, length] = text.split(":");
        const session = await runtime.InferenceSession.create(path, {
            intraOpNumThreads : 1,
            interOpNumThreads : 1,
            executionMode : "sequential",
            graphOptimizationLevel : "all",
        });
        const samples = Float32Array.from({ length : batch * 2 * length }, (_, i) => Math.sin(i * i));
        const feeds = { [session.inputNames[0]] : new runtime.Tensor("float32", samples, [ +batch, 2, +length ]) };
        cases.push({ session, feeds, us : [] });
    }
    for (let call = -2; call < +calls; ++call)
        for (const { session, feeds, us } of cases) {
            await session.run(feeds);
            const start = process.hrtime.bigint();
            await session.run(feeds);
            const took = Number(process.hrtime.bigint() - start) / 1000;
            if (call >= 0)
                us.push(took);
        }
    console.log(JSON.stringify(cases.map((c) => c.us)));
}

main().catch((error) => {
    console.error(String(error));
    process.exit(1);
});
