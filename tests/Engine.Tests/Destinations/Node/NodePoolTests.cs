using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Tributary.Destinations.Node;
using Xunit;

namespace Tributary.Engine.Tests.Destinations.Node;

public sealed class NodePoolTests
{
    [Fact]
    public async Task Many_jobs_at_once_get_each_its_own_answer()
    {
        await using var workers = new ScriptedWorker();
        var replies = await Task.WhenAll(Enumerable.Range(0, 500).Select(i => workers.RunAsync(i % 7 == 0 ? "late" : "echo", i.ToString(System.Globalization.CultureInfo.InvariantCulture))));
        Assert.All(replies.Select((reply, i) => (reply, i)), item => Assert.Equal(item.i % 7 == 0 ? "late" : $"{item.i}", item.reply.Value.ToString()));
        Assert.Equal(1, workers.Pool.Starts);
    }

    [Fact]
    public async Task A_failed_job_says_so_and_the_worker_goes_on()
    {
        await using var workers = new ScriptedWorker();
        var reply = await workers.RunAsync("fail");
        Assert.Equal(NodeVerdict.Failed, reply.Verdict);
        Assert.Equal("no", reply.Value.GetProperty("message").GetString());
        Assert.Equal(NodeVerdict.Answered, (await workers.RunAsync("echo")).Verdict);
        Assert.Equal(1, workers.Pool.Starts);
    }

    [Fact]
    public async Task A_worker_may_ask_the_host()
    {
        await using var workers = new ScriptedWorker();
        var job = ScriptedWorker.Job("ask", "[1,2,3]", serve: ScriptedWorker.Answer(body => $"{body.EnumerateArray().Sum(one => one.GetInt32())}"));
        Assert.Equal(6, (await workers.RunAsync(job)).Value.GetInt32());
        var broken = ScriptedWorker.Job("ask", serve: (_, _) => throw new InvalidOperationException("a bug"));
        Assert.Equal("host_failed", (await workers.RunAsync(broken)).Value.GetString());
    }

    [Fact]
    public async Task Configuration_is_sent_once_and_can_be_forgotten()
    {
        await using var workers = new ScriptedWorker();
        var written = 0;
        var job = ScriptedWorker.Job("configured", configuration: new NodeConfiguration("k", writer =>
        {
            written++;
            writer.WriteStringValue("settings");
        }));
        for (var i = 0; i < 3; i++) Assert.Equal("[\"settings\",1]", (await workers.RunAsync(job)).Value.GetRawText());
        Assert.Equal(1, written);
        workers.Pool.Forget("k");
        Assert.Equal("[\"settings\",1]", (await workers.RunAsync(job)).Value.GetRawText());
        Assert.Equal(2, written);
    }

    [Fact]
    public async Task No_job_overtakes_its_configuration()
    {
        await using var workers = new ScriptedWorker();
        await workers.RunAsync("environment");
        for (var round = 0; round < 20; round++)
        {
            var key = $"k{round}";
            var job = ScriptedWorker.Job("configured", configuration: new NodeConfiguration(key, writer =>
            {
                // What takes long to write is easily overtaken.
                Thread.SpinWait(20_000);
                writer.WriteStringValue("settings");
            }));
            var replies = await Task.WhenAll(Enumerable.Range(0, 32).Select(_ => Task.Run(() => workers.RunAsync(job))));
            Assert.All(replies, reply => Assert.Equal("[\"settings\",1]", reply.Value.GetRawText()));
            workers.Pool.Forget(key);
        }
    }

    [Fact]
    public async Task Workers_see_the_environment_that_was_listed_and_nothing_else()
    {
        Environment.SetEnvironmentVariable("TRIBUTARY_TEST_SECRET", "hidden");
        await using var workers = new ScriptedWorker(options => options with { Environment = new Dictionary<string, string> { ["LISTED"] = "yes" } });
        var names = (await workers.RunAsync("environment")).Value.EnumerateObject().Select(one => one.Name);
        Assert.Equal(["LISTED"], names);
    }

    [Fact]
    public async Task A_job_that_stops_when_told_to_is_late_and_costs_no_worker()
    {
        await using var workers = new ScriptedWorker();
        Assert.Equal(NodeVerdict.Late, (await workers.RunAsync("patient", deadlineMs: 200)).Verdict);
        Assert.Equal(NodeVerdict.Answered, (await workers.RunAsync("echo")).Verdict);
        Assert.Equal(1, workers.Pool.Starts);
    }

    [Fact]
    public async Task A_caller_that_gives_up_is_let_go()
    {
        await using var workers = new ScriptedWorker();
        await workers.RunAsync("echo");
        using var stop = new CancellationTokenSource(100);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await workers.Pool.RunAsync(ScriptedWorker.Job("patient"), 0, false, stop.Token));
        Assert.Equal(NodeVerdict.Answered, (await workers.RunAsync("echo")).Verdict);
        Assert.Equal(1, workers.Pool.Starts);
    }

    [Fact]
    public async Task A_worker_that_did_its_number_of_jobs_is_replaced_without_losing_any()
    {
        await using var workers = new ScriptedWorker(options => options with { JobsMax = 20 });
        var replies = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => workers.RunAsync("echo", "1")));
        Assert.All(replies, reply => Assert.Equal(NodeVerdict.Answered, reply.Verdict));
        Assert.Equal(NodeVerdict.Answered, (await workers.RunAsync("echo")).Verdict);
        Assert.True(workers.Pool.Starts >= 2);
    }

    [Fact]
    public async Task Nothing_is_left_after_the_pool_was_stopped()
    {
        int[] ids;
        await using (var workers = new ScriptedWorker(options => options with { WorkersMax = 2 }))
        {
            await workers.Pool.RunAsync(ScriptedWorker.Job("echo"), 0, false, CancellationToken.None);
            await workers.Pool.RunAsync(ScriptedWorker.Job("echo"), 1, false, CancellationToken.None);
            ids = [.. workers.Pool.ProcessIds];
            Assert.Equal(2, ids.Length);
        }

        Assert.DoesNotContain(ids, IsRunning);
    }

    [Fact]
    public async Task Without_Node_there_is_a_sentence_and_no_exception()
    {
        var runtime = NodeRuntime.Find("off", "");
        await using var pool = new NodePool(runtime, new NodePoolOptions("scripted", "none.cjs"), TimeProvider.System, NullLogger<NodePool>.Instance);
        var reply = await pool.RunAsync(ScriptedWorker.Job("echo"), 0, false, CancellationToken.None);
        Assert.Equal((NodeVerdict.Unavailable, runtime.Missing), (reply.Verdict, reply.Reason));
        Assert.Contains(NodeRuntime.PathKey, NodeRuntime.Find(null, "").Missing, StringComparison.Ordinal);
        Assert.Contains("no such file", NodeRuntime.Find("/nowhere/node", "").Missing, StringComparison.Ordinal);
    }

    internal static bool IsRunning(int id)
    {
        try
        {
            return !Process.GetProcessById(id).HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
