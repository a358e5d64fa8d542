using System.Collections.Concurrent;
using System.Text;
using BorgRepo.Core.Errors;
using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Copying;

/// <summary>The rclone that is installed on this computer, with the user's own configuration.</summary>
/// <param name="program">Name or path of the program.</param>
public sealed class RcloneProgram(string program = "rclone") : IRcloneProgram
{
    private const int BlockSize = 256 * 1024;
    private const int MostMessages = 200;

    /// <inheritdoc/>
    public RcloneResult Run(RcloneCommand command, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using ChildProcess rclone = Start(command);
        using CancellationTokenRegistration stop = cancellationToken.Register(rclone.Kill);
        using BlockingCollection<string> said = [];
        Task listening = Task.Run(() => Listen(rclone.Errors, said), CancellationToken.None);
        Task<IOException?> feeding = Task.Run(() => Feed(rclone.Input, command.WriteInput), CancellationToken.None);
        Task<byte[]> reading = Task.Run(() => Read(rclone.Output, command.OnOutput), CancellationToken.None);

        // Messages are passed on by this thread: they become progress, which belongs to the thread of the copy.
        List<string> messages = [];
        foreach (string line in said.GetConsumingEnumerable(CancellationToken.None))
        {
            command.OnMessage?.Invoke(line);
            if (messages.Count < MostMessages)
            {
                messages.Add(line);
            }
        }

        byte[] output = reading.GetAwaiter().GetResult();
        listening.GetAwaiter().GetResult();
        rclone.WaitForExit(Timeout.InfiniteTimeSpan);
        cancellationToken.ThrowIfCancellationRequested();

        // rclone that ends early closes its input: then its own words say why. Otherwise it was the source that failed.
        IOException? failure = feeding.GetAwaiter().GetResult();
        return failure is not null && rclone.ExitCode == 0 ? throw failure : new RcloneResult(rclone.ExitCode, output, messages);
    }

    private ChildProcess Start(RcloneCommand command)
    {
        try
        {
            return ChildProcess.Start([program, "--ask-password=false", "--use-json-log", .. command.Arguments]);
        }
        catch (IOException error)
        {
            throw new RcloneException($"'{program}' cannot be started: {error.Message}. Install rclone, or name it with the environment variable BORGREPO_RCLONE.", null, error);
        }
    }

    private static IOException? Feed(Stream input, Action<Stream>? write)
    {
        try
        {
            using (input)
            {
                write?.Invoke(input);
            }

            return null;
        }
        catch (IOException error)
        {
            return error;
        }
    }

    private static void Listen(Stream errors, BlockingCollection<string> said)
    {
        try
        {
            using StreamReader reader = new(errors, Encoding.UTF8);
            while (reader.ReadLine() is { } line)
            {
                said.Add(line);
            }
        }
        finally
        {
            said.CompleteAdding();
        }
    }

    private static byte[] Read(Stream output, Action<ReadOnlySpan<byte>>? onOutput)
    {
        using MemoryStream collected = new();
        byte[] block = new byte[BlockSize];
        for (int read = output.Read(block); read > 0; read = output.Read(block))
        {
            if (onOutput is not null)
            {
                onOutput(block.AsSpan(0, read));
            }
            else
            {
                collected.Write(block, 0, read);
            }
        }

        return collected.ToArray();
    }
}
