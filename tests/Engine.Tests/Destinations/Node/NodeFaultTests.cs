using Tributary.Destinations.Node;
using Xunit;

namespace Tributary.Engine.Tests.Destinations.Node;

public sealed class NodeFaultTests
{
    [Theory]
    [InlineData("exit", "ended with code 7")]
    [InlineData("garbage", "no JSON")]
    [InlineData("half", "middle of a frame")]
    [InlineData("huge", "frame of 2147483648 bytes")]
    [InlineData("flood", "more than 1024 things")]
    [InlineData("stranger", "never given")]
    public async Task A_worker_that_breaks_the_protocol_is_ended_and_its_jobs_are_lost(string misdeed, string reason)
    {
        await using var workers = new ScriptedWorker();
        var before = (await workers.RunAsync("pid")).Value.GetInt32();
        var beside = workers.RunAsync("patient");
        var lost = await workers.RunAsync(misdeed);
        Assert.Equal(NodeVerdict.Lost, lost.Verdict);
        Assert.Contains(reason, lost.Reason, StringComparison.Ordinal);
        Assert.Equal(NodeVerdict.Lost, (await beside).Verdict);
        var after = await workers.RunAsync("pid");
        Assert.Equal(NodeVerdict.Answered, after.Verdict);
        Assert.NotEqual(before, after.Value.GetInt32());
        Assert.False(NodePoolTests.IsRunning(before));
    }

    [Theory]
    [InlineData("hang")]
    [InlineData("ignore")]
    public async Task A_worker_that_does_not_stop_a_job_is_ended(string misdeed)
    {
        await using var workers = new ScriptedWorker();
        var before = (await workers.RunAsync("pid")).Value.GetInt32();
        var lost = await workers.RunAsync(misdeed, deadlineMs: 300);
        Assert.Equal(NodeVerdict.Lost, lost.Verdict);
        Assert.Equal(NodeVerdict.Answered, (await workers.RunAsync("echo")).Verdict);
        Assert.False(NodePoolTests.IsRunning(before));
    }

    [Fact]
    public async Task A_worker_that_grows_is_ended()
    {
        await using var workers = new ScriptedWorker(options => options with { ResidentBytesMax = 256 << 20 });
        var lost = await workers.RunAsync("grow");
        Assert.Equal(NodeVerdict.Lost, lost.Verdict);
        Assert.Contains("MiB of memory", lost.Reason, StringComparison.Ordinal);
        Assert.Equal(NodeVerdict.Answered, (await workers.RunAsync("echo")).Verdict);
    }

    [Fact]
    public async Task A_worker_that_prints_without_end_does_no_harm()
    {
        await using var workers = new ScriptedWorker();
        Assert.Equal(NodeVerdict.Answered, (await workers.RunAsync("print")).Verdict);
        Assert.Equal(1, workers.Pool.Starts);
    }

    [Fact]
    public async Task A_worker_that_hangs_without_a_job_is_noticed()
    {
        await using var workers = new ScriptedWorker(options => options with { PingWithin = TimeSpan.FromSeconds(1) });
        var lost = await workers.RunAsync("hang", deadlineMs: 60_000);
        Assert.Contains("no sign of life", lost.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_worker_that_never_gets_ready_is_given_up()
    {
        await using var workers = new ScriptedWorker(options => options with { ReadyWithin = TimeSpan.FromSeconds(1), Environment = new Dictionary<string, string> { ["SILENT"] = "1" } });
        var reply = await workers.RunAsync("echo");
        Assert.Equal(NodeVerdict.Unavailable, reply.Verdict);
        Assert.Contains("not ready within 1 s", reply.Reason, StringComparison.Ordinal);
        Assert.Empty(workers.Pool.ProcessIds);
    }

    [Fact]
    public async Task A_worker_that_cannot_start_says_why_and_the_pauses_between_starts_grow()
    {
        await using var workers = new ScriptedWorker(options => options with { RestartPauseMin = TimeSpan.FromMinutes(1), Environment = new Dictionary<string, string> { ["BROKEN"] = "1" } });
        for (var i = 0; i < 5; i++)
        {
            var reply = await workers.RunAsync("echo");
            Assert.Equal(NodeVerdict.Unavailable, reply.Verdict);
            Assert.Contains("cannot start today", reply.Reason, StringComparison.Ordinal);
        }

        Assert.Equal(2, workers.Pool.Starts);
    }

    [Fact]
    public async Task A_Node_that_is_too_old_is_refused()
    {
        await using var workers = new ScriptedWorker(options => options with { Environment = new Dictionary<string, string> { ["VERSION"] = "v18.20.0" } });
        Assert.Contains("v18.20.0", (await workers.RunAsync("echo")).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_runs_alone_is_not_hurt_by_others()
    {
        await using var workers = new ScriptedWorker();
        var alone = workers.RunAsync(ScriptedWorker.Job("late", "1500"), alone: true);
        Assert.Equal(NodeVerdict.Lost, (await workers.RunAsync("exit")).Verdict);
        Assert.Equal(NodeVerdict.Answered, (await alone).Verdict);
        Assert.Equal(2, workers.Pool.Starts);
    }
}
