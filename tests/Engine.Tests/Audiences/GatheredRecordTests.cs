using Tributary.Engine.Identity;
using Tributary.Engine.Processing.Computing;
using Xunit;

namespace Tributary.Engine.Tests.Audiences;

public sealed class GatheredRecordTests
{
    [Fact]
    public void A_step_of_a_pass_says_how_large_it_is()
    {
        var writer = new ByteWriter();
        new GatheredRecord { Space = 7, After = "use_1", Step = GatheredRecord.StepMax }.Write(writer);

        var read = GatheredRecord.Read(writer.Written);

        Assert.Equal((7, "use_1", GatheredRecord.StepMax, true), (read.Space, read.After, read.Step, read.IsPass));
    }

    [Fact]
    public void A_step_that_was_written_before_steps_had_sizes_is_what_it_was()
    {
        var writer = new ByteWriter();
        writer.WriteByte(2);
        writer.WriteUInt16(1);
        writer.WriteString("use_1");

        Assert.Equal(500, GatheredRecord.Read(writer.Written).Step);
    }
}
